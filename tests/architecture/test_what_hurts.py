"""What hurts people most in other tools: each line has tests of its own, and they are there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent

#: What people complain about -> the tests that it does not happen here.
HURTS: dict[str, tuple[str, ...]] = {
    "folders of 10,000 and more hang or crash": (
        "gui/test_large_queue.py::test_the_start_of_the_queue_comes_before_the_whole",
        "gui/test_queue_panel.py::test_100000_rows_scroll_and_filter_without_a_stall",
        "gui/test_grid.py::test_100000_tiles_scroll_without_a_stall",
        "unit/store/test_store_scale.py::test_the_queue_of_a_large_project_is_one_fast_query",
    ),
    "memory grows until the program is killed": (
        "gui/test_image_loader.py::test_the_cache_keeps_the_latest_within_its_budget",
        "gui/test_review_flow.py::test_what_is_held_does_not_grow_with_the_images_seen",
        "unit/imaging/test_bad_files.py::test_twenty_thousand_pixels_square_in_bounded_memory",
    ),
    "edits lost when changing image": (
        "gui/test_canvas_hurts.py::test_an_edit_is_not_lost_when_the_image_changes_at_once",
        "gui/test_review_flow.py::test_closing_right_after_the_last_key_loses_nothing",
        "e2e/test_kill_window.py::test_nothing_that_was_shown_as_done_is_lost",
    ),
    "undo not saved": (
        "unit/store/test_store_review.py::"
        "test_undo_and_redo_survive_a_restart_and_name_the_operation",
        "gui/test_main_window.py::test_undo_and_redo_reach_back_before_a_restart",
    ),
    "keep previous spoils empty images": (
        "gui/test_canvas_tools.py::test_nothing_is_pasted_into_an_image_that_a_person_has_emptied",
        "gui/test_canvas_mouse.py::test_boxes_of_the_last_image_are_copied_only_when_asked",
    ),
    "a failed save truncates a good file": (
        "unit/imaging/test_writing.py::test_failed_write_keeps_the_old_file",
        "unit/store/test_store_durability.py::test_a_full_disk_is_told_and_loses_nothing",
        "unit/store/test_store_durability.py::test_a_full_database_rolls_one_human_act_back_whole",
    ),
    "class list overwritten": (
        "unit/store/test_store_classes.py::test_indexing_again_overwrites_no_class",
        "unit/store/test_store_machine_rows.py::test_classes_keep_their_ids_and_order",
    ),
    "EXIF rotation (box and image disagree, originals rewritten)": (
        "gui/test_canvas_hurts.py::test_the_box_and_a_turned_image_agree_and_the_file_stays",
        "unit/imaging/test_decoding.py::test_every_orientation_is_read_upright",
    ),
    "OpenCV's Qt plugins beside PySide6": (
        "gui/test_canvas_hurts.py::test_opencv_brings_no_qt_of_its_own",
    ),
    "floats passed to integer Qt calls": (
        "gui/test_canvas_hurts.py::test_no_float_reaches_a_call_that_wants_whole_numbers",
    ),
    "non-ASCII paths on Windows": (
        "gui/test_canvas_hurts.py::test_names_beyond_ascii_are_shown_and_saved",
        "unit/imaging/test_decoding.py::test_any_name",
    ),
    "no undo": (
        "gui/test_review_flow.py::test_undo_and_redo_show_the_image_they_changed",
        "gui/test_project_dialogs.py::test_the_history_goes_back_and_forth_to_any_point",
    ),
    "no multi-select": (
        "gui/test_canvas_tools.py::test_a_click_with_shift_or_ctrl_adds_and_takes_away",
        "gui/test_canvas_tools.py::test_a_rubber_band_on_empty_ground_selects_what_it_touches",
        "gui/test_grid.py::test_the_mouse_selects_as_in_every_list_of_files",
    ),
    "zoom that resets": (
        "gui/test_canvas_hurts.py::test_the_zoom_survives_edits_and_finer_copies",
        "gui/test_canvas_tools.py::test_the_zoom_is_kept_between_images_on_wish",
    ),
    "no way to find what is left to do": (
        "gui/test_review_flow.py::test_next_unreviewed_passes_by_what_is_decided",
        "gui/test_review_flow.py::test_progress_and_seconds_are_told",
    ),
    "batch run that overwrites manual work": (
        "unit/store/test_store_separation.py::test_jobs_never_touch_human_rows",
        "gui/test_review_flow.py::test_a_jobs_new_proposals_appear_but_not_over_a_persons_edit",
        "gui/test_grid.py::test_a_bulk_accept_keeps_a_persons_boxes",
    ),
    "keys that clash": (
        "gui/test_actions.py::test_no_key_means_two_things_at_once",
        "gui/test_actions.py::test_a_key_that_is_taken_is_refused_and_nothing_changes",
    ),
    "corrupt settings or a missing file that stop the start": (
        "gui/test_settings.py::test_a_damaged_file_is_set_aside",
        "gui/test_settings.py::test_a_folder_that_cannot_be_written_is_no_reason_to_stop",
        "unit/store/test_store_settings.py::test_a_damaged_file_is_set_aside",
        "gui/test_main_window.py::test_what_is_no_project_is_refused_with_a_reason",
        "gui/test_main_window.py::test_images_that_have_moved_can_be_located",
    ),
    "images over Qt's 256 MB limit": (
        "gui/test_canvas_hurts.py::test_an_image_over_qts_limit_of_256_mb_is_shown",
    ),
    "wrong ids and file names in COCO": (
        "unit/exchange/test_coco.py::test_pycocotools_reads_every_box_exactly",
        "unit/exchange/test_coco.py::test_splits_share_the_ids_of_the_whole",
        "unit/exchange/test_coco.py::test_torchvision_reads_from_the_image_root_itself",
    ),
}


@pytest.mark.parametrize("hurt", HURTS)
def test_what_hurts_has_its_tests(hurt: str) -> None:
    assert HURTS[hurt]
    for named in HURTS[hurt]:
        path, _, name = named.partition("::")
        tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
        there = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert name in there, f"{path} has no {name}"
