"""A plain HTTP client for the simulator: none of the tap's code."""

import pytest
import requests


class Client:
    """Sends a key, reads JSON, keeps the connection."""

    def __init__(self, simulator, key=None):
        self.simulator = simulator
        self.session = requests.Session()
        self.session.headers["X-API-Key"] = key or simulator.key

    def get(self, path, headers=None, **query):
        query = {name.replace("_", "-"): value for name, value in query.items()}
        if "from-" in query:
            query["from"] = query.pop("from-")
        return self.session.get(self.simulator.url + path, params=query, headers=headers, timeout=60)

    def json(self, path, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, body):
        return self.session.post(self.simulator.url + path, json=body, timeout=60)


@pytest.fixture
def make_client():
    clients = []

    def make(simulator, key=None):
        clients.append(Client(simulator, key))
        return clients[-1]

    yield make
    for client in clients:
        client.session.close()


@pytest.fixture
def client(simulator, make_client):
    return make_client(simulator)
