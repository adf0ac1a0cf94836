"""The router: addresses without a trailing slash, ids of any form, and the API's root."""

from rest_framework.routers import APIRootView, DefaultRouter, DynamicRoute, Route

from ops.api.views import ConsoleView


class RootView(ConsoleView, APIRootView):
    """Everything that can be asked for. Lists link to their rows, and a row's verbs are below it."""

    permission = None

    def get_view_name(self) -> str:
        return "API"


def is_plain_detail(route: Route | DynamicRoute) -> bool:
    """Whether it is the route of a row itself."""
    return isinstance(route, Route) and route.detail


class Router(DefaultRouter):
    """A detail's own actions come before the detail: an id may hold slashes, and would swallow them."""

    include_format_suffixes = False
    APIRootView = RootView
    routes = sorted(DefaultRouter.routes, key=is_plain_detail)

    def __init__(self) -> None:
        super().__init__(trailing_slash=False, use_regex_path=False)
