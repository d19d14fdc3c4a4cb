"""The bundled encoder: whisper-tiny.en's, made local and relative in time."""
