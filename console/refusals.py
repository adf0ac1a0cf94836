"""A refusal outside of any view, as the caller reads it: JSON, plain text for htmx, or a page."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from ops.api.errors import Problem


def tell(request: HttpRequest, problem: Problem, *, page: str) -> HttpResponse:
    """The answer; `page` is a template that needs neither the person nor the database."""
    if request.path.startswith("/api/"):
        return JsonResponse(problem.body, status=problem.status, headers=dict(problem.headers))
    headers = {**problem.headers, "Cache-Control": "no-store"}
    if "HX-Request" in request.headers or not request.accepts("text/html"):
        kind = "text/plain; charset=utf-8"
        return HttpResponse(problem.message, status=problem.status, headers=headers, content_type=kind)
    context = {
        "problem": problem,
        "path": request.get_full_path(),
        "is_safe": request.method in {"GET", "HEAD"},
    }
    return HttpResponse(render_to_string(page, context), status=problem.status, headers=headers)
