/* trd_forecast.h: what comes next if the tested course of a trend goes on, with how such forecasts did in its past.
 * Reach for it to answer GetForecast. */
#ifndef TRD_FORECAST_H
#define TRD_FORECAST_H

#include "cityneg/trends/v1/trends.grpc-c.h"

/* Of a finding with its series, `steps` bins ahead. FAILED_PRECONDITION where it was not tested, or no model can be
 * fitted; the message calls it by `forecast->trend`, which the caller has set. Pure; in the arena. */
cm_status trd_forecast_of(const TrdFinding *finding, size_t steps, cm_arena *arena, TrdForecast *forecast) CM_MUST_USE;

/* What goes with a finding of a report: three years ahead, if it was tested by year over all collections together and a
 * model can be fitted; else nothing. Sets finding->forecast. */
cm_status trd_forecast_add(const char *question, TrdFinding *finding, cm_arena *arena) CM_MUST_USE;

/* Of a published trend, `steps` bins ahead. FAILED_PRECONDITION where it was not tested, or no model can be fitted.
 * Pure; in the arena. */
cm_status trd_forecast_make(const TrdTrend *trend, size_t steps, cm_arena *arena, TrdForecast *forecast) CM_MUST_USE;

/* The handler. */
cm_status trd_get_forecast(cm_call *call, const TrdGetForecastRequest *request, TrdForecast *response) CM_MUST_USE;

#endif
