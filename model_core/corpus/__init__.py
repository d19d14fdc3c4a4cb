"""Speech with exact phone times: synthesis, forced alignment, augmentation and storage."""
