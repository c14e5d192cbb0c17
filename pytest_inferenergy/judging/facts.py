"""Facts kept with a run: the commit and the versions of the libraries that did the work."""

from __future__ import annotations

from pathlib import Path

from pytest_inferenergy.meters.frameworks import part_of

LIBRARIES = (
    "torch",
    "transformers",
    "diffusers",
    "jax",
    "cupy",
    "onnxruntime",
    "tensorflow",
    "vllm",
)


def library_versions() -> dict[str, str]:
    """Versions of the inference libraries that are loaded; imports nothing."""
    found = {}
    for name in LIBRARIES:
        version = part_of(name, "__version__")
        if version is not None:
            found[name] = str(version)
    return found


def commit_of(folder: Path) -> str | None:
    """The checked-out git commit of a folder, twelve digits; ``None`` outside a checkout.

    Read from the repository's own files: a subprocess is not worth it.
    """
    try:
        git = _git_folder(folder)
        if git is None:
            return None
        head = (git / "HEAD").read_text("utf-8").strip()
        if head.startswith("ref: "):
            head = _resolve(git, head.removeprefix("ref: ")) or ""
    except (OSError, UnicodeDecodeError):
        return None
    return head[:12] if len(head) >= 40 else None


def _git_folder(folder: Path) -> Path | None:
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree: the file names the folder
            return (parent / git.read_text("utf-8").removeprefix("gitdir:").strip()).resolve()
    return None


def _resolve(git: Path, reference: str) -> str | None:
    common = git / "commondir"
    roots = [git]
    if common.is_file():
        roots.append((git / common.read_text("utf-8").strip()).resolve())
    for root in roots:
        loose = root / reference
        if loose.is_file():
            return loose.read_text("utf-8").strip()
        packed = root / "packed-refs"
        if packed.is_file():
            for line in packed.read_text("utf-8").splitlines():
                if line.endswith(f" {reference}"):
                    return line.split(" ")[0]
    return None
