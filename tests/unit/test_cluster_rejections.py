"""What is to be done about a request that the API server refused."""

import pytest

from provisioner.domain.cluster_rejections import no_text, rejection

ACCOUNT = "system:serviceaccount:store-platform:store-platform"
SECRETS = "POST /api/v1/namespaces/store-1/secrets"
RIGHTS = (
    f'secrets is forbidden: User "{ACCOUNT}" cannot create resource "secrets" in API group "" in'
    ' the namespace "store-1"'
)
BINDING = (
    'rolebindings.rbac.authorization.k8s.io "store-platform-in-stores" is forbidden: user'
    f' "{ACCOUNT}" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not'
    " currently held"
)
GOING = (
    'secrets "store-credentials" is forbidden: unable to create new content in namespace store-1'
    " because it is being terminated"
)
QUOTA = (
    'secrets "store-credentials" is forbidden: exceeded quota: few, requested: secrets=1, used:'
    " secrets=2, limited: secrets=2"
)
POLICY = (
    "namespaces \"store-1\" is forbidden: ValidatingAdmissionPolicy 'names' with binding 'names'"
    " denied request: no such names here"
)
WEBHOOK = 'admission webhook "guard.example.com" denied the request: no'
INVALID = 'Namespace "store-1" is invalid: metadata.labels: Invalid value'

GRANT = (
    "Give the platform's account the right that this names (the ClusterRoles of its chart hold all"
    " that it needs)"
)
BIND = "Let the platform's account `bind` that ClusterRole, as its chart does"
ASK = "Ask the cluster's operator what forbids this"
CHANGE = "Have the cluster's operator change what refuses this, or exempt the platform from it"
NOT_TAKEN = (
    "A current Kubernetes accepts this request: check the cluster's version, and whether a proxy"
    " changes requests on their way to it"
)
PROXY = (
    "This is not the answer of an API server: check what stands between it and the platform, such"
    " as a proxy"
)


@pytest.mark.parametrize(
    ("status", "words", "remedy"),
    [
        (403, RIGHTS, GRANT),
        (403, BINDING, BIND),
        (403, GOING, "Wait until that namespace is gone"),
        (403, QUOTA, "Raise that quota, or make room in it"),
        (422, POLICY, CHANGE),
        (403, WEBHOOK, CHANGE),
        (400, WEBHOOK, CHANGE),
        (403, "kube-system is forbidden", ASK),
        (422, INVALID, NOT_TAKEN),
        (415, "the body of the request was in an unknown format", NOT_TAKEN),
    ],
)
def test_the_remedy_fits(status: int, words: str, remedy: str) -> None:
    error = rejection(SECRETS, status, words, is_kubernetes=True)
    assert error.reason.code == "CLUSTER_REFUSED"
    assert error.reason.message == (
        f"The cluster refused {SECRETS} ({status}): {words}. {remedy}, then try again."
    )
    assert (error.status, error.words) == (status, words)


@pytest.mark.parametrize("status", [403, 407, 413])
def test_what_stands_before_the_cluster_is_named(status: int) -> None:
    error = rejection(SECRETS, status, "<html>No.</html>", is_kubernetes=False)
    assert str(error) == (
        f"The cluster refused {SECRETS} ({status}): <html>No.</html>. {PROXY}, then try again."
    )


def test_a_full_stop_is_not_doubled() -> None:
    error = rejection(SECRETS, 403, "It is forbidden.", is_kubernetes=True)
    assert str(error) == (
        f"The cluster refused {SECRETS} (403): It is forbidden. {ASK}, then try again."
    )


def test_a_secret_without_text() -> None:
    assert str(no_text("/api/v1/namespaces/store-1/secrets/store-credentials")) == (
        "The values of /api/v1/namespaces/store-1/secrets/store-credentials are not text. Put back"
        " the text that was there. If the store has never been ready, you can delete the Secret"
        " instead: the platform then makes another. Then try again."
    )
