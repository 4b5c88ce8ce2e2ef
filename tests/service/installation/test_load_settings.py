"""Settings are read from the environment and a file, and are loud when wrong."""

from __future__ import annotations

from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path

import pytest

from service.installation.load_settings import WrongSettings, load
from service.installation.settings import Settings, variable


def problems_of(environ: dict[str, str]) -> dict[str, str]:
    with pytest.raises(WrongSettings) as raised:
        load(environ)
    return {problem.where: problem.problem for problem in raised.value.problems}


def test_without_a_setting_all_lies_in_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    settings = load({})

    assert settings.data_dir == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'tierread.db'}"
    assert settings.object_store == str(tmp_path / "data" / "objects")
    assert (settings.http_port, settings.dicom_port, settings.ae_title) == (8080, 11112, "TIERREAD")


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / "tierread.toml"
    file.write_text('http_port = 9001\nae_title = "FROMFILE"\ntrusted_proxies = ["10.0.0.1"]\n')

    settings = load({"TIERREAD_CONFIG": str(file), "TIERREAD_HTTP_PORT": "9002"})

    assert settings.http_port == 9002
    assert settings.ae_title == "FROMFILE"
    assert settings.trusted_proxies == (ip_network("10.0.0.1"),)


def test_a_database_url_with_a_password_comes_from_a_file_and_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("postgresql+psycopg://tierread:s3cr3t@db/tierread\n")

    settings = load({"TIERREAD_DATABASE_URL_FILE": str(file)})

    assert settings.database_url == "postgresql+psycopg://tierread:s3cr3t@db/tierread"
    assert "s3cr3t" not in repr(settings)


def test_every_problem_is_named_at_once() -> None:
    found = problems_of(
        {
            "TIERREAD_HTTP_PORT": "eighty",
            "TIERREAD_DICOM_PORT": "70000",
            "TIERREAD_AE_TITLE": "A TITLE THAT IS TOO LONG",
            "TIERREAD_HTP_HOST": "127.0.0.1",
            "TIERREAD_OBJECT_STORE": "s3://bucket/prefix",
        }
    )

    assert found["TIERREAD_HTTP_PORT"] == "expected a whole number from 1 to 65535"
    assert found["TIERREAD_DICOM_PORT"] == "expected a whole number from 1 to 65535"
    assert "16 printable" in found["TIERREAD_AE_TITLE"]
    assert found["TIERREAD_HTP_HOST"] == "no such setting; did you mean TIERREAD_HTTP_HOST?"
    assert {"TIERREAD_S3_ENDPOINT", "TIERREAD_S3_ACCESS_KEY_FILE", "TIERREAD_S3_SECRET_KEY_FILE"} < set(found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data_dir", "~nobody-at-all/x"),
        ("http_host", "http://127.0.0.1"),
        ("database_url", "mysql://db/tierread"),
        ("database_url", "sqlite://"),
        ("database_url", "not a url"),
        ("object_store", "gs://bucket"),
        ("s3_endpoint", "127.0.0.1:8333"),
        ("trusted_proxies", "10.0.0.1/8"),
        ("quiet_seconds", "0"),
        ("quiet_seconds", "nan"),
        ("segment_max_mib", "1.5"),
        ("log_level", "loud"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(name: str, value: str) -> None:
    assert variable(name) in problems_of({variable(name): value})


def test_a_file_that_is_not_there_or_not_toml_or_holds_an_unknown_name_is_refused(tmp_path: Path) -> None:
    not_toml = tmp_path / "not.toml"
    not_toml.write_text("http_port 80")
    unknown = tmp_path / "unknown.toml"
    unknown.write_text("http_prot = 80\n[http]\nport = true\n")

    assert "cannot read" in problems_of({"TIERREAD_CONFIG": str(tmp_path / "none.toml")})["TIERREAD_CONFIG"]
    assert "is not TOML" in problems_of({"TIERREAD_CONFIG": str(not_toml)})["TIERREAD_CONFIG"]
    assert set(problems_of({"TIERREAD_CONFIG": str(unknown)})) == {f"{unknown}: http_prot", f"{unknown}: http"}


def test_every_setting_says_what_it_is() -> None:
    for each in fields(Settings):
        assert str(each.metadata["about"]).endswith("."), each.name


def test_a_token_is_one_line_of_ascii_and_so_is_an_address(tmp_path: Path) -> None:
    token = tmp_path / "token"
    dictates = {
        "TIERREAD_GATEWAY_ORIGINS": "https://speech.example.cn",
        "TIERREAD_DICTATION_URL": "https://speech.example.cn/v1",
        "TIERREAD_DICTATION_SECRET_FILE": str(token),
    }
    for written in (b"a token of the region\nand one of before", "口令".encode() * 8):
        token.write_bytes(written)
        assert problems_of(dictates) == {"TIERREAD_DICTATION_SECRET_FILE": f"{token} is not one line of ASCII"}
    token.write_bytes(b"a token of the region\n")
    assert load(dictates).dictation_secret_file == token
    for address in ("https://speech.example.cn/识别", "https://speech.example.cn/a b"):
        assert set(problems_of(dictates | {"TIERREAD_DICTATION_URL": address})) == {"TIERREAD_DICTATION_URL"}


def test_a_gateway_needs_its_server_and_its_secret(tmp_path: Path) -> None:
    short = tmp_path / "secret"
    short.write_text("short")
    chosen = {
        "TIERREAD_GATEWAY_PATIENTS": "sms",
        "TIERREAD_GATEWAY_STAFF": "smtp",
        "TIERREAD_GATEWAY_SYSTEMS": "webhook",
    }
    wrong = chosen | {
        "TIERREAD_GATEWAY_SMS_URL": "https://sms.example.cn/send",
        "TIERREAD_GATEWAY_ORIGINS": "https://hook.example.cn",
        "TIERREAD_GATEWAY_SMS_SECRET_FILE": str(short),
        "TIERREAD_GATEWAY_SMS_TEMPLATES": "report_redy=SMS_1",
        "TIERREAD_GATEWAY_WEBHOOK_URL": "https://hook.example.cn/tierread",
        "TIERREAD_GATEWAY_WEBHOOK_SECRET_FILE": str(tmp_path / "none"),
        "TIERREAD_GATEWAY_SMTP_USERNAME": "tierread",
    }

    assert set(problems_of(chosen)) == {
        *(f"TIERREAD_GATEWAY_{kind}_{name}" for kind in ("SMS", "WEBHOOK") for name in ("URL", "SECRET_FILE")),
        *(f"TIERREAD_GATEWAY_SMTP_{name}" for name in ("SERVER", "FROM", "TO")),
    }
    assert problems_of(wrong) == {
        "TIERREAD_GATEWAY_SMS_URL": "its origin is not among TIERREAD_GATEWAY_ORIGINS",
        "TIERREAD_GATEWAY_SMS_SECRET_FILE": f"{short} holds less than 16 bytes",
        "TIERREAD_GATEWAY_SMS_TEMPLATES": "there is no template report_redy",
        "TIERREAD_GATEWAY_WEBHOOK_SECRET_FILE": f"cannot read {tmp_path / 'none'}: No such file or directory",
        "TIERREAD_GATEWAY_SMTP_SERVER": "needed by the gateway smtp",
        "TIERREAD_GATEWAY_SMTP_FROM": "needed by the gateway smtp",
        "TIERREAD_GATEWAY_SMTP_TO": "needed by the gateway smtp",
        "TIERREAD_GATEWAY_SMTP_PASSWORD_FILE": "needed by the gateway smtp",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMS_URL", "http://sms.example.cn/"),
        ("SMS_URL", "https://user@sms.example.cn/"),
        ("SMS_TEMPLATES", "report_ready"),
        ("SMTP_FROM", "nobody"),
        ("SMTP_TO", "a@b.cn>,c@d.cn"),
        ("PATIENTS", "fax"),
    ],
)
def test_a_gateways_value_that_cannot_be_used_is_said(name: str, value: str) -> None:
    assert set(problems_of({f"TIERREAD_GATEWAY_{name}": value})) == {f"TIERREAD_GATEWAY_{name}"}
