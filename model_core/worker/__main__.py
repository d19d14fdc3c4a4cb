"""``python -m model_core.worker``: serve the parent process."""

from .main import main

if __name__ == "__main__":
    main()
