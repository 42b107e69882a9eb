#include "cli/rep_html.h"

#include <string.h>

#include "cli/rep_figures.h"
#include "cli/rep_svg.h"

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>Trends in the international negotiations of cities</title>\n<style>\n"
    ":root{--ink:#1d2733;--soft:#66717d;--line:#d8dee4;--c:#2a6f97;--u:#c9d6df;--paper:#fff}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa5b1;--line:#3a444e;--c:#6fb3d9;--u:#3c4b57;--"
    "paper:#14191e}}\n"
    "body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:68rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "h1{font-size:1.6rem;line-height:1.2}h2{font-size:1.2rem;margin-top:2.5rem;border-top:1px solid var(--line);"
    "padding-top:1rem}\n"
    "h2 code{color:var(--soft);font-size:.9rem;font-weight:400}article{margin:1rem 0 1.4rem;display:grid;"
    "grid-template-columns:minmax(14rem,24rem) 1fr;gap:.3rem 1.5rem}\n"
    "article h3{font-size:1rem;margin:0}article p{margin:.2rem "
    "0}.figure{font-size:1.25rem;font-variant-numeric:tabular-nums}\n"
    ".soft,.soft code{color:var(--soft);font-size:.85rem}svg.series{width:100%;height:auto}svg.interval{width:13rem;"
    "height:1rem}\n"
    "svg line{stroke:var(--line)}svg text{font-size:10px;fill:var(--soft)}svg .c{fill:var(--c)}svg .u{fill:var(--u)}"
    "svg circle{fill:var(--ink)}svg line.f{stroke:var(--ink)}svg.interval .c{opacity:.45}\n"
    "details{margin:.5rem 0}summary{cursor:pointer;color:var(--c)}table{border-collapse:collapse;font-size:.85rem;"
    "font-variant-numeric:tabular-nums;width:100%}\n"
    "th,td{text-align:left;padding:.15rem .6rem .15rem 0;border-bottom:1px solid var(--line);vertical-align:top}"
    "td.n,th.n{text-align:right}\n.wide{overflow-x:auto}\n"
    "nav a{margin-right:1rem;color:var(--c);display:inline-block}\n"
    ".soft summary{color:inherit}code{overflow-wrap:anywhere}\n"
    "@media(max-width:48rem){article{grid-template-columns:1fr}svg text{font-size:14px}}\n</style>\n";

static void escaped(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
            case '<':
                fputs("&lt;", out);
                break;
            case '>':
                fputs("&gt;", out);
                break;
            case '&':
                fputs("&amp;", out);
                break;
            case '"':
                fputs("&quot;", out);
                break;
            default:
                putc(*text, out);
        }
}

static void paragraph(FILE *out, const char *class, const char *text)
{
    if (!*text)
        return;
    fprintf(out, "<p class=\"%s\">", class);
    escaped(out, text);
    fputs("</p>", out);
}

static void finding(FILE *out, const TrdReport *report, const TrdQuestionAnswer *q, const TrdFinding *f)
{
    cm_text estimate = {0}, figures = {0}, cite = {0};

    rep_estimate(&estimate, f);
    rep_figures(&figures, f);
    fputs("<article><div><h3>", out);
    escaped(out, f->category);
    fputs("</h3><p class=\"figure\">", out);
    escaped(out, cm_text_get(&estimate));
    fputs("</p>", out);
    rep_svg_interval(out, f);
    paragraph(out, "soft", cm_text_get(&figures));
    fputs("</div><div>", out);
    rep_svg_series(out, f);
    paragraph(out, "", f->sentence);
    if (f->forecast)
        paragraph(out, "soft", f->forecast->sentence);
    if (!f->p && *f->untested) {
        fputs("<p class=\"soft\">not tested: ", out);
        escaped(out, f->untested);
        fputs("</p>", out);
    }
    rep_cite(&cite, report, q, f);
    fputs("<details class=\"soft\"><summary>to cite, and to see its rows</summary><code>", out);
    escaped(out, cm_text_get(&cite));
    fputs("</code></details></div></article>\n", out);
    cm_text_clear(&estimate);
    cm_text_clear(&figures);
    cm_text_clear(&cite);
}

static void row(FILE *out, const TrdReport *report, const TrdQuestionAnswer *q, const TrdFinding *f)
{
    cm_text estimate = {0}, figures = {0}, cite = {0};

    rep_estimate(&estimate, f);
    rep_figures(&figures, f);
    fputs("<tr><td>", out);
    escaped(out, f->category);
    fputs("</td><td>", out);
    escaped(out, f->collection);
    fputs("</td><td class=\"n\">", out);
    escaped(out, cm_text_get(&estimate));
    rep_cite(&cite, report, q, f);
    fputs("</td><td title=\"", out);
    escaped(out, cm_text_get(&cite));
    fputs("\">", out);
    escaped(out, cm_text_get(&figures));
    fputs("</td></tr>\n", out);
    cm_text_clear(&estimate);
    cm_text_clear(&figures);
    cm_text_clear(&cite);
}

static void question(FILE *out, const TrdReport *report, const TrdQuestionAnswer *q)
{
    size_t left = 0;

    fprintf(out, "<section id=\"%s\"><h2>", q->question);
    escaped(out, q->title);
    fprintf(out, " <code>%s</code></h2>\n", q->question);
    for (size_t i = 0, shown = 0; i < q->n_findings; i++) {
        if (rep_foremost(report, q->findings[i], &shown))
            finding(out, report, q, q->findings[i]);
        else
            left++;
    }
    if (left) {
        fprintf(out,
                "<details><summary>%zu more: by collection, by category, under other definitions</summary>"
                "<div class=\"wide\"><table><tr><th>category<th>collection<th class=\"n\">estimate<th>figures</tr>\n",
                left);
        for (size_t i = 0, shown = 0; i < q->n_findings; i++)
            if (!rep_foremost(report, q->findings[i], &shown))
                row(out, report, q, q->findings[i]);
        fputs("</table></div></details>\n", out);
    }
    fputs("</section>\n", out);
}

void rep_html(FILE *out, const TrdReport *report)
{
    fputs(HEAD, out);
    fputs("<h1>Trends in the international negotiations of cities</h1>\n", out);
    fprintf(
        out,
        "<p>From %lld rows of the registry and %lld of negotiations. Intervals are 95 %%; pale bars are years in which "
        "not all collectors were looking; circles with a line are forecasts with their intervals.</p>\n<nav>",
        (long long)report->registry_rows, (long long)report->negotiations_rows);
    for (size_t i = 0; i < report->n_questions; i++)
        fprintf(out, "<a href=\"#%s\">%s</a>", report->questions[i]->question, report->questions[i]->question);
    fputs("</nav>\n", out);
    for (size_t i = 0; i < report->n_questions; i++)
        question(out, report, report->questions[i]);
    fputs("<h2>What limits these numbers</h2><ul>\n", out);
    for (size_t i = 0; i < report->n_limits; i++) {
        fputs("<li>", out);
        escaped(out, report->limits[i]);
        fputs("</li>\n", out);
    }
    fputs("</ul>\n</html>\n", out);
}
