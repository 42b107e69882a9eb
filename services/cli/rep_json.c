#include "cli/rep_json.h"

#include "base/cm_message.h"
#include "cli/rep_figures.h"

static json_t *number(const GoogleDoubleValue *value)
{
    return value ? json_real(value->value) : json_null();
}

static json_t *text(const char *value)
{
    return *value ? json_string(value) : json_null();
}

static json_t *mann_kendall(const TrdMannKendall *mk)
{
    if (!mk)
        return json_null();
    return json_pack("{s:I, s:f, s:f, s:f}", "s", (json_int_t)mk->s, "var_s", mk->var_s, "z", mk->z, "p", mk->p);
}

static json_t *sen(const TrdSen *s)
{
    if (!s)
        return json_null();
    return json_pack("{s:f, s:f, s:o, s:o}", "slope", s->slope, "intercept", s->intercept, "low", number(s->low),
                     "high", number(s->high));
}

static json_t *series(const TrdFinding *f)
{
    json_t *points = json_array();

    for (size_t i = 0; i < f->n_series; i++)
        json_array_append_new(points, json_pack("{s:s, s:f, s:f, s:b}", "time", f->series[i]->time, "count",
                                                f->series[i]->count, "total", f->series[i]->total, "covered",
                                                (int)f->series[i]->covered));
    return points;
}

static json_t *details(const TrdFinding *f)
{
    json_t *all = json_object();

    for (size_t i = 0; i < f->n_details; i++) {
        const TrdDetail *d = f->details[i];
        json_t *one = json_object();
        json_object_set_new(one, "value", number(d->value));
        json_object_set_new(one, "low", number(d->low));
        json_object_set_new(one, "high", number(d->high));
        json_object_set_new(one, "text", text(d->text));
        json_object_set_new(all, d->name, one);
    }
    return all;
}

static json_t *certainties(const TrdFinding *f)
{
    json_t *all = json_object();
    CM_ARENA(arena);

    for (size_t i = 0; i < f->n_certainties; i++) {
        const char *code = cm_enum_code(&TypCertainty_descriptor, f->certainties[i]->certainty, arena);
        json_object_set_new(all, *code ? code : "unspecified", json_real(f->certainties[i]->n));
    }
    return all;
}

static json_t *forecast(const TrdForecast *f)
{
    json_t *points = json_array();

    if (!f) {
        json_decref(points);
        return json_null();
    }
    for (size_t i = 0; i < f->n_points; i++) {
        const TrdForecastPoint *p = f->points[i];
        json_array_append_new(points, json_pack("{s:s, s:f, s:f, s:f}", "time", p->time, "mean", p->mean, "low", p->low,
                                                "high", p->high));
    }
    return json_pack("{s:s, s:o, s:I, s:o, s:o, s:b, s:s}", "model", f->model, "points", points, "origins",
                     (json_int_t)f->origins, "mase", number(f->mase), "naive_mase", number(f->naive_mase),
                     "better_than_naive", (int)f->better_than_naive, "sentence", f->sentence);
}

static json_t *cite(const TrdReport *report, const TrdQuestionAnswer *q, const TrdFinding *f)
{
    cm_text line = {0};

    rep_cite(&line, report, q, f);
    json_t *j = json_string(cm_text_get(&line));
    cm_text_clear(&line);
    return j;
}

static json_t *filter(const TrdUnitFilter *asked)
{
    CM_ARENA(arena);

    if (!asked)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "certainty",
                     text(asked->certainty ? cm_enum_code(&TypCertainty_descriptor, asked->certainty, arena) : ""),
                     "collection", text(asked->collection), "institution", text(asked->institution), "state",
                     text(asked->state), "from", text(asked->from), "to", text(asked->to));
}

static json_t *finding(const TrdReport *report, const TrdQuestionAnswer *q, const TrdFinding *f)
{
    json_t *j = json_object();

    json_object_set_new(j, "category", json_string(f->category));
    json_object_set_new(j, "collection", text(f->collection));
    json_object_set_new(j, "from", text(f->from));
    json_object_set_new(j, "to", text(f->to));
    json_object_set_new(j, "n", json_real(f->n));
    json_object_set_new(j, "total", json_real(f->total));
    json_object_set_new(j, "estimate", number(f->estimate));
    json_object_set_new(j, "estimate_of", text(f->estimate_of));
    json_object_set_new(j, "low", number(f->low));
    json_object_set_new(j, "high", number(f->high));
    json_object_set_new(j, "cluster_low", number(f->cluster_low));
    json_object_set_new(j, "cluster_high", number(f->cluster_high));
    json_object_set_new(j, "test", text(f->test));
    json_object_set_new(j, "p", number(f->p));
    json_object_set_new(j, "q", number(f->q));
    json_object_set_new(j, "mann_kendall", mann_kendall(f->mann_kendall));
    json_object_set_new(j, "sen", sen(f->sen));
    json_object_set_new(j, "series", series(f));
    json_object_set_new(j, "unknown", json_real(f->unknown));
    json_object_set_new(j, "undated", json_real(f->undated));
    json_object_set_new(j, "sensitivity", json_boolean(f->sensitivity));
    json_object_set_new(j, "untested", text(f->untested));
    json_object_set_new(j, "certainties", certainties(f));
    json_object_set_new(j, "details", details(f));
    json_object_set_new(j, "forecast", forecast(f->forecast));
    json_object_set_new(j, "sentence", json_string(f->sentence));
    json_object_set_new(j, "evidence", text(f->evidence));
    json_object_set_new(j, "cite", cite(report, q, f));
    return j;
}

json_t *rep_json(const TrdReport *report)
{
    json_t *questions = json_array(), *limits = json_array();

    for (size_t i = 0; i < report->n_questions; i++) {
        const TrdQuestionAnswer *q = report->questions[i];
        json_t *findings = json_array();
        for (size_t k = 0; k < q->n_findings; k++)
            json_array_append_new(findings, finding(report, q, q->findings[k]));
        json_array_append_new(
            questions, json_pack("{s:s, s:s, s:o}", "question", q->question, "title", q->title, "findings", findings));
    }
    for (size_t i = 0; i < report->n_limits; i++)
        json_array_append_new(limits, json_string(report->limits[i]));
    json_t *j = json_pack("{s:o, s:o, s:o, s:{s:I, s:I}}", "filter", filter(report->filter), "questions", questions,
                          "limits", limits, "counted", "registry", (json_int_t)report->registry_rows, "negotiations",
                          (json_int_t)report->negotiations_rows);
    if (*report->focal)
        json_object_set_new(j, "focal", json_string(report->focal));
    return j;
}
