"""The repository says nothing about the machines that it was written on."""

import re
import subprocess

from tests.architecture.sources import ROOT

_MACHINE = re.compile(
    r"(?<![\w.\-])/(?:work|root|farm|home)/[a-z.]|/tm[p]/[a-z]|C:\\Users"
    r"|pypi[.](?:org|tuna)|pythonhosted[.]org|registry[.]npm|mirrors?[.](?:aliyun|tencent|tuna|cloud)"
    r"|--(?:extra-)?index-url"
)


def test_no_file_names_a_machine_path_or_a_package_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if name == "tests/architecture/test_tracked_files.py" or not path.is_file():
            continue
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            for number, line in enumerate(content.decode("utf-8").splitlines(), start=1):
                if match := _MACHINE.search(line):
                    found.append(f"{name}:{number} {match[0]}")
    assert not found
