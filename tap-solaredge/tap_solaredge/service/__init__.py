"""How the service is called: one HTTP client, the meaning of its answers, its two dialects."""
