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
        ("mlflow이(가)", "mlflow이(가)"),
        ("이(가)", "이(가)"),
    ],
)
def test_particles_agree(raw: str, settled: str) -> None:
    assert agree(raw) == settled
