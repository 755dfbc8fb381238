"""Studies: questions that many runs answer together. Imports no JAX by itself."""

from typing import TYPE_CHECKING

from kinetix_core.lazy import lazy_exports

if TYPE_CHECKING:
    from ._definition import Study, load_study, studies, study_summary, study_text
    from ._folder import DEFINITION, DONE, FAILED, MISSING, JobState, StudyRecord, read_study
    from ._graph import StudyJob, compose_job, study_jobs
    from ._parts import AGENTS, FINETUNE, FRESH, SCRATCH, SEQUENCE
    from ._run import run_study

_WHERE = {
    "._definition": ("Study", "load_study", "studies", "study_summary", "study_text"),
    "._folder": (
        "DEFINITION",
        "DONE",
        "FAILED",
        "MISSING",
        "JobState",
        "StudyRecord",
        "read_study",
    ),
    "._graph": ("StudyJob", "compose_job", "study_jobs"),
    "._parts": ("AGENTS", "FINETUNE", "FRESH", "SCRATCH", "SEQUENCE"),
    "._run": ("run_study",),
}
__getattr__, __all__ = lazy_exports(  # pyright: ignore[reportUnsupportedDunderAll]
    __name__, {name: module for module, names in _WHERE.items() for name in names}
)
