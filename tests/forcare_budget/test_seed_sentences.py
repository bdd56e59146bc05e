"""Every sentence of for.CARE's page on limits, in our words, and the test that is named after it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SENTENCES = {
    "The table steers the billing; at the yearly amount or days there is an error": (
        "test_1612_euros_and_28_days_are_inside_the_yearly_limit",
        "test_one_cent_more_than_the_yearly_amount_is_over",
        "test_one_day_more_than_the_yearly_days_is_over",
    ),
    "When the maximum is exceeded, no affected invoice can be fixed, the self-payer's and social office's included": (
        "test_an_excess_holds_the_self_payers_and_the_excluded_invoices_of_the_stay_too",
    ),
    "Services can be excluded by a flag": ("test_excluded_services_count_in_no_budget",),
    "Structure of the table, with two rows": ("test_structure_of_the_table_with_its_two_example_rows",),
    "No overlapping dates for one kind in a care area": (
        "test_no_overlap_of_dates_for_the_same_kind_in_one_care_area",
    ),
    "Linked kinds need the same validity, by care area, debtor group, kind and client": (
        "test_linked_kinds_need_the_same_validity",
        "test_linked_kinds_are_found_by_care_area_debtor_group_kind_and_client",
    ),
    "The periodicity goes by the billing date: year, quarter, month, free": (
        "test_the_period_goes_by_the_billing_date_billing_of_february_2018",
        "test_the_period_goes_by_the_billing_date_not_by_the_days_of_service",
        "test_a_free_period_is_the_validity_of_the_row",
    ),
    "A change of the table is recalculated for all kinds that it touches or that are linked, both ways": (
        "test_linked_kinds_are_affected_forwards_and_backwards",
        "test_a_changed_limit_is_reported_first_and_becomes_corrections_on_confirmation",
    ),
    "A row with a client number replaces the general budget": (
        "test_a_row_with_a_client_number_replaces_the_general_budget",
    ),
    "The table is kept centrally, and from the client's card": (
        "test_limits_come_from_a_file_and_are_listed",
        "test_a_row_that_overlaps_what_is_there_is_refused",
    ),
    "Short-term or respite care is told by the kind in the head of the contract": (
        "test_the_contract_kind_comes_from_the_head_of_the_case",
    ),
    "An entry is written only where rows of the table are": (
        "test_without_limit_rows_no_entry_is_written",
        "test_without_a_row_nothing_is_checked_and_no_entry_is_due",
    ),
    "Entries of for.CARE come from the billing and cannot be edited": (
        "test_a_stay_inside_its_budget_leaves_and_is_written_down",
        "test_what_the_billing_wrote_cannot_be_edited",
    ),
    "Stays in foreign facilities can be entered and deleted, and count": (
        "test_a_foreign_stay_is_entered_once_and_deleted_by_a_reversal",
        "test_stays_in_foreign_facilities_count_in_the_check",
    ),
    "Basis are the trial billing and the entries so far": (
        "test_trial_billing_and_earlier_entries_together_are_the_basis_of_the_check",
        "test_trial_billing_and_earlier_entries_together",
    ),
    "Days and amounts of rows of one key and period that are linked are summed": (
        "test_linked_rows_of_the_same_period_are_summed_for_a_stay_that_follows_directly",
        "test_rows_without_a_link_are_never_summed",
    ),
    "Short-term care: beyond its own value there is an error": (
        "test_short_term_care_alone_is_held_against_its_own_value",
    ),
    "Respite care directly after it: another check": (
        "test_directly_adjacent_means_the_last_day_or_the_day_after",
        "test_a_following_stay_may_use_what_short_term_care_left",
    ),
    "Short-term care is to be used up first": ("test_short_term_care_is_to_be_exhausted_before_respite_care",),
    "Both budgets together exceeded: an error": ("test_both_budgets_together_exceeded_is_an_error",),
    "Tip: an individual maximum for a free period, billed up to the maximum": (
        "test_an_individual_maximum_for_a_free_period_is_billed_up_to_the_maximum",
        "test_splitting_bills_up_to_the_limit_and_the_rest_to_the_next_payer",
    ),
    "Limits of specialist hours (FLS)": (
        "test_hours_beyond_105_percent_are_held_and_a_missing_grant_is_warned_of",
        "test_traffic_light_risk_below_85_percent_and_no_billing_beyond_105",
    ),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_every_sentence_has_its_test(sentence: str) -> None:
    written = {
        name
        for file in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(SENTENCES[sentence]) <= written
