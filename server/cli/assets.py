"""Copies what the pages load out of node_modules into templates/static/dist.

Stands apart from serving: it runs once after `npm ci --ignore-scripts`, needs Node, and leaves plain
files with hashed names, a .gz and a .br neighbour each, plus manifest.json (name -> hashed name) and
icons.json (the Tabler outline icons that templates, handlers or config.yaml name, as inner SVG).
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

SOURCE = Path("templates/static/src")
DIST = Path("templates/static/dist")
BOOTSTRAP = Path("node_modules/bootstrap/dist/css/bootstrap.min.css")
STYLESHEETS = {
    "portal.css": ("tokens", "base", "forms", "portal", "phone"),
    "console.css": ("tokens", "base", "forms", "console"),
}
SCRIPTS = {
    "app.js": "portal.js",
    "console.js": "console.js",
    "charts.js": "charts.js",
    "wechat.js": "wechat.js",
}
TARGET = "--target=chrome86,safari14.1,firefox90"
COMPRESS_OVER_BYTES = 1024
# icon('x'), icon("x"), icon="x", "icon": "x"; in YAML also icon: x
QUOTED_ICON = re.compile(r"""\bicon["']?\s*[(=:]\s*["']([a-z][a-z0-9-]*)["']""")
YAML_ICON = re.compile(r"""\bicon:\s+["']?([a-z][a-z0-9-]*)""")
SOURCE_MAP = re.compile(rb"(/\*|//)[#@]\s*sourceMappingURL=.*?(\*/)?\s*$")
AREA_SCRIPT = (
    "import(process.argv[1]).then((m) => process.stdout.write(JSON.stringify(m.areaList)))"
)
BROTLI_SCRIPT = (
    "const fs = require('fs'), zlib = require('zlib');"
    "for (const f of process.argv.slice(1))"
    " fs.writeFileSync(f + '.br', zlib.brotliCompressSync(fs.readFileSync(f)));"
)


class AssetsFailed(Exception):
    """The files cannot be built; the text says what to do."""


def build(root: Path) -> None:
    """Build every file of `root`/templates/static/dist anew; `root` is the repository.

    Raises AssetsFailed when Node or node_modules is missing, or an icon is unknown.
    """
    node = shutil.which("node")
    if node is None:
        raise AssetsFailed("找不到 node，请先安装 Node.js 20.19 或更新的版本。")
    if not (root / BOOTSTRAP).is_file():
        raise AssetsFailed("找不到前端依赖，请先在项目目录执行 npm ci --ignore-scripts。")
    icons = _icons(root)
    files = _files(root, node)
    with TemporaryDirectory(prefix=".dist-", dir=root / DIST.parent) as folder:
        fresh = Path(folder) / DIST.name
        fresh.mkdir()
        manifest = {name: _put(fresh, name, data) for name, data in files.items()}
        _compress(fresh, node)
        _write_json(fresh / "manifest.json", manifest)
        _write_json(fresh / "icons.json", icons)
        shutil.rmtree(root / DIST, ignore_errors=True)
        fresh.rename(root / DIST)


def _files(root: Path, node: str) -> dict[str, bytes]:
    modules = root / "node_modules"
    files = {name: _stylesheet(root, parts) for name, parts in STYLESHEETS.items()}
    files |= {name: _script(root, entry) for name, entry in SCRIPTS.items()}
    files["htmx.js"] = (modules / "htmx.org/dist/htmx.min.js").read_bytes()
    files["favicon.svg"] = (root / SOURCE / "favicon.svg").read_bytes()
    area = (modules / "@vant/area-data/dist/index.js").as_uri()
    files["area.json"] = _run([node, "--input-type=module", "-e", AREA_SCRIPT, area])
    return files


def _stylesheet(root: Path, parts: tuple[str, ...]) -> bytes:
    own = b"\n".join((root / SOURCE / "css" / f"{part}.css").read_bytes() for part in parts)
    bootstrap = (root / BOOTSTRAP).read_bytes()
    return _run(
        [_esbuild(root), "--minify", "--loader=css", TARGET],
        SOURCE_MAP.sub(b"", bootstrap) + b"\n" + own,
    )


def _script(root: Path, entry: str) -> bytes:
    path = root / SOURCE / "js" / entry
    return _run(
        [
            _esbuild(root),
            str(path),
            "--bundle",
            "--minify",
            "--format=iife",
            "--legal-comments=none",
            TARGET,
        ]
    )


def _esbuild(root: Path) -> str:
    return str(root / "node_modules/esbuild/bin/esbuild")


def _run(command: list[str], stdin: bytes = b"") -> bytes:
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    if done.returncode:
        raise AssetsFailed(done.stderr.decode(errors="replace").strip())
    return done.stdout


def _put(folder: Path, name: str, data: bytes) -> str:
    data = SOURCE_MAP.sub(b"", data) if name.endswith((".css", ".js")) else data
    stem, extension = name.rsplit(".", 1)
    hashed = f"{stem}.{hashlib.sha256(data).hexdigest()[:10]}.{extension}"
    (folder / hashed).write_bytes(data)
    return hashed


def _compress(folder: Path, node: str) -> None:
    large = [path for path in sorted(folder.iterdir()) if path.stat().st_size > COMPRESS_OVER_BYTES]
    for path in large:
        path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    _run([node, "-e", BROTLI_SCRIPT, *map(str, large)])


def _icons(root: Path) -> dict[str, str]:
    icons = root / "node_modules/@tabler/icons/icons/outline"
    found: dict[str, str] = {}
    for name, place in sorted(_icon_names(root)):
        path = icons / f"{name}.svg"
        if not path.is_file():
            raise AssetsFailed(f"{place} 使用了不存在的图标 {name}，可用的名称见 tabler.io/icons。")
        found[name] = _inner_svg(path.read_text("utf-8"))
    return found


def _icon_names(root: Path) -> Iterator[tuple[str, str]]:
    listed = root / SOURCE / "icons.txt"
    for line in listed.read_text("utf-8").split():
        yield line, listed.name
    sources = [*(root / "templates").rglob("*.html"), *(root / "handlers").rglob("*.py")]
    places = [(place, QUOTED_ICON) for place in sources] + [(root / "config.yaml", YAML_ICON)]
    for place, pattern in places:
        text = place.read_text("utf-8") if place.is_file() else ""
        for match in pattern.finditer(text):
            yield match.group(1), str(place.relative_to(root))


def _inner_svg(svg: str) -> str:
    body = re.search(r"<svg[^>]*>(.*)</svg>", re.sub(r"<!--.*?-->", "", svg, flags=re.S), re.S)
    if body is None:
        raise AssetsFailed("图标文件的格式不是 SVG。")
    return re.sub(r"\s*\n\s*", "", body.group(1)).strip()


def _write_json(path: Path, content: dict[str, str]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True), "utf-8")


def main() -> int:
    root = Path(__file__).resolve().parents[2]
    try:
        build(root)
    except AssetsFailed as problem:
        print(problem, file=sys.stderr)
        return 1
    for path in sorted((root / DIST).glob("*.gz")):
        print(f"{path.name:40s} {path.stat().st_size / 1024:7.1f} KB gzip")
    return 0


if __name__ == "__main__":
    sys.exit(main())
