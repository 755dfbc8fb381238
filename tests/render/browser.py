"""A page in headless Chromium, where there is one."""

import json
import os
import re
import shutil
import subprocess

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)


def in_browser(tmp_path, page: str, script: str, place: str = "") -> str:
    """What `script` (an expression, on the page's own words) returns in headless Chromium.

    `place` is what stands behind the `#` of the address.
    """
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    file = tmp_path / "page.html"
    hook = (
        "\nwindow.requestAnimationFrame = () => 0;\n"
        "let answer;\ntry { answer = " + script + "; } catch (error) { answer = String(error); }\n"
        'document.body.innerHTML = "<pre id=answer></pre>";\n'
        'document.getElementById("answer").textContent = JSON.stringify(answer);\n})();</script>'
    )
    head, tail = page.rsplit("})();\n</script>", 1)
    file.write_text(head + hook + tail)
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}"]
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, f"{file.as_uri()}#{place}"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=True,
    )
    found = re.search(r'<pre id="answer">(.*?)</pre>', done.stdout, re.S)
    assert found, done.stdout[-2000:]
    return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
