"""`storectl mcp` against the whole service on a real API server, by the protocol's own client."""

from pathlib import Path
from typing import Any

from tests.e2e.assistant import answer_of, assistant
from tests.e2e.conftest import NewService
from tests.e2e.storectl import Storectl

STEPS = ["NAMESPACE", "CREDENTIALS", "HELM_INSTALL", "WORKLOADS_READY", "SETUP_JOB", "REACHABLE"]


async def test_an_assistant_makes_mends_and_deletes(
    new_service: NewService, tmp_path: Path
) -> None:
    # Given a chart whose image is in no registry
    service = new_service()
    values = service.folder / "values"
    values.mkdir()
    image = "wordpress: {image: {repository: image-not-found.invalid/wordpress}}\n"
    (values / "woocommerce.yaml").write_text(image)
    service.settings["STORE_PLATFORM_CHART_VALUES"] = str(values)
    service.start()
    storectl = Storectl(tmp_path / "home", service, service.token("anna"))
    told: list[tuple[float, float | None, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, total, message))

    async with assistant(storectl, "--allow-destructive") as anna:
        # When a store is made and waited for
        failed = await anna.ok(
            "create_store", name="her-shop", engine="woocommerce", wait_seconds=120
        )
        # Then it says why it failed, and where the words of helm and the containers are
        assert (failed["status"], failed["is_settled"]) == ("FAILED", True)
        assert failed["reason"]["code"] == "IMAGE_NOT_FOUND"
        assert [step["name"] for step in failed["steps"]] == STEPS
        logs = await anna.ok("store_logs", store="her-shop")
        assert "image-not-found.invalid/wordpress" in logs["reason"]["message"]
        statuses = [event["status"] for event in logs["events"] if event["kind"] == "STATUS"]
        assert statuses[-1] == "FAILED"
        waited = await anna.ok("get_store", store="her-shop", wait_seconds=120)
        assert waited["status"] == "FAILED"

        # When the chart is mended, and the platform started again in the conversation
        service.stop()
        (values / "woocommerce.yaml").unlink()
        service.start()
        arguments: dict[str, Any] = {"store": failed["id"], "wait_seconds": 120}
        mended = answer_of(
            await anna.client.call_tool("retry_store", arguments, progress_callback=note)
        )
        # Then the store is ready, and the client was told of each step that ended
        assert mended["status"] == "READY"
        ready = {pod["component"] for pod in mended["pods"] if pod["is_ready"]}
        assert ready == {"mysql", "wordpress"}
        assert [progress for progress, _, _ in told] == sorted({item[0] for item in told})
        # The update with the last step may come before the one with the status
        assert told[-1][:2] == (6, 6)
        assert told[-1][2] in ("her-shop is PROVISIONING", "her-shop is READY")

        # When it is restarted, paused and opened again, each is waited for
        restarted = await anna.ok("restart_store", store="her-shop", wait_seconds=120)
        assert (restarted["status"], restarted["is_settled"]) == ("READY", True)
        operation = restarted["operation"]
        assert (operation["kind"], operation["status"]) == ("RESTART", "SUCCEEDED")
        paused = await anna.ok("suspend_store", store="her-shop", wait_seconds=120)
        assert (paused["status"], paused["is_settled"]) == ("SUSPENDED", True)
        assert paused["suspended_at"] is not None
        assert {pod["component"] for pod in paused["pods"]} <= {"setup"}
        opened = await anna.ok("resume_store", store="her-shop", wait_seconds=120)
        assert (opened["status"], opened["is_settled"]) == ("READY", True)
        assert (opened["operation"]["kind"], opened["suspended_at"]) == ("RESUME", None)

        # When it is deleted
        gone = await anna.ok("delete_store", store="her-shop", wait_seconds=120)
        assert (gone["status"], gone["is_settled"]) == ("DELETED", True)
        assert (await anna.fails("get_store", store="her-shop"))[0]["code"] == "NOT_FOUND"
        listed = await anna.ok("list_stores", statuses=["DELETED"])
        assert [store["id"] for store in listed["stores"]] == [failed["id"]]
