"""nginx takes the site for both uses, without a warning."""

import re

import pytest

from server import app
from tests.deploy.site import NGINX, install


@pytest.mark.parametrize("upstream", ["machine", "compose"])
def test_nginx_takes_the_site(tmp_path, upstream):
    checked = install(tmp_path / "site", upstream).check()
    assert checked.returncode == 0, checked.stderr
    said = checked.stderr + (tmp_path / "site/log/start.log").read_text()
    assert not re.search(r"\[(warn|error|alert|emerg)\]", said), said


def test_a_mistake_in_the_site_is_found(tmp_path):
    """The check above can fail."""
    site = install(tmp_path / "site")
    proxy = site.folder / "etc/nginx/zhudian/proxy.conf"
    proxy.write_text(proxy.read_text().replace("proxy_buffering on;", "proxy_bufering on;"))
    assert site.check().returncode != 0


def test_nginx_and_the_server_agree_on_the_largest_body():
    site = (NGINX / "zhudian.conf").read_text()
    assert f"client_max_body_size {app.MOST_BODY_BYTES // 1024**2}m;" in site


def test_no_log_has_the_query():
    """$request, $request_uri and $args hold a photo link's token; the format names $uri alone."""
    log_format = re.search(r"log_format zhudian(.*?);", (NGINX / "zhudian.conf").read_text(), re.S)
    assert log_format
    named = set(re.findall(r"\$(\w+)", log_format[1]))
    assert "uri" in named
    assert not named & {"request", "request_uri", "args", "query_string", "http_referer", "http_authorization"}
