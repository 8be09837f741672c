"""An application of the small schema, for uvicorn."""

from api.app import create_app
from api.http import websocket
from tests.api.http.small import schema

app = create_app(schema)

# Thirty seconds in earnest; a test does not wait so long.
websocket.KEEP_ALIVE_SECONDS = 0.5
