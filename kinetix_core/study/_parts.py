"""What a run of a study is for."""

AGENTS, FINETUNE, SCRATCH, SEQUENCE, FRESH = "agents", "finetune", "scratch", "sequence", "fresh"
