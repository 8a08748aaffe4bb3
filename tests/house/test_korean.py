import pytest

from relab.korean import agree


@pytest.mark.parametrize(
    ("raw", "settled"),
    [
        ("kubeflow-user07이(가) 있습니다", "kubeflow-user07이 있습니다"),
        ("user02은(는) 닫혀", "user02는 닫혀"),
        ("user10을(를) 읽을", "user10을 읽을"),
        ("user05을(를)", "user05를"),
        ("user08(으)로", "user08로"),
        ("user03(으)로", "user03으로"),
        ("user04(으)로", "user04로"),
        ("버킷이(가)", "버킷이"),
        ("파드이(가)", "파드가"),
        ("서울(으)로", "서울로"),
        ("대전(으)로", "대전으로"),
        ("aws이(가)", "aws가"),
        ("kubectl이(가)", "kubectl이"),
        ("git이(가)", "git이"),
        ("default-viewer이(가)", "default-viewer가"),
        ("mlflow이(가)", "mlflow가"),
        ("training은(는)", "training은"),
        ("tmux(으)로", "tmux로"),
        ("kubectl(으)로", "kubectl로"),
        ("profile(으)로", "profile로"),
        ("namespaceAdmin(으)로", "namespaceAdmin으로"),
        ("bucket이(가)", "bucket이"),
        ("client이(가)", "client가"),
        ("rollback을(를)", "rollback을"),
        ("app은(는)", "app은"),
        ("access-ml-pipeline이(가)", "access-ml-pipeline이"),
        ("namespace은(는)", "namespace는"),
        ("ECR이(가)", "ECR이"),
        ("URL(으)로", "URL로"),
        ("AWS은(는)", "AWS는"),
        ("mlflow-server-7f9c-x을(를)", "mlflow-server-7f9c-x를"),
        ("mlops-user07와(과)", "mlops-user07과"),
        ("user02과(와)", "user02와"),
        ("user07@mlops.local이(여)야", "user07@mlops.local이어야"),
        ("16Gi이(여)야", "16Gi여야"),
        ("token(이)라는", "token이라는"),
        ("mlflow(이)라고", "mlflow라고"),
        ("`user07`이(가)", "`user07`이"),
        ("**메모리 16Gi**이(여)야", "**메모리 16Gi**여야"),
        ("user07 (수강생)이(가)", "user07 (수강생)이(가)"),
        ("?을(를)", "?을(를)"),
        ("이(가)", "이(가)"),
    ],
)
def test_particles_agree(raw: str, settled: str) -> None:
    assert agree(raw) == settled
