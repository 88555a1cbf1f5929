"""What the audit calls the things that people and programs see and do. Pure.

A name is never changed or taken out: entries of years have it."""

from typing import Final, Literal, get_args

AuditAction = Literal[
    # calls
    "call_seen",
    "unmasked",
    "call_disposed",
    "outcome_seen",
    "outcome_reported",
    "call_kind_set",
    "call_handed_over",
    "call_put_first",
    "callback_cancelled",
    "monitor_wished",
    "monitor_began",
    "monitor_ended",
    "recording_played",
    "recording_paused",
    # agents and the line
    "agent_state",
    "agent_services",
    "phone_opened",
    "surge_set",
    "surge_withdrawn",
    "outbreak_accepted",
    # requests
    "ticket_opened",
    "tickets_imported",
    "ticket_seen",
    "ticket_amended",
    "ticket_moved",
    "ticket_noted",
    "citizen_written",
    "ticket_scored",
    "ticket_extended",
    "ticket_joined",
    "file_added",
    "file_seen",
    "article_added",
    "article_changed",
    "task_assigned",
    "task_done",
    "task_called",
    "notices_read",
    # administration
    "config_seen",
    "config_changed",
    "config_checked",
    "telephone_renewed",
    "prompt_recorded",
    "prompt_tried",
    "prompt_put_back",
    "audit_seen",
    # people and programs
    "person_added",
    "person_changed",
    "person_disabled",
    "person_enabled",
    "person_removed",
    "role_set",
    "password_set",
    "sessions_ended",
    "token_added",
    "token_revoked",
    "identity_bound",
    "identity_unbound",
    "signed_in",
    "signed_out",
    "sign_in_delayed",
    "sign_in_refused",
    # citizens' data
    "person_exported",
    "person_erased",
]
AUDIT_ACTIONS: Final[tuple[AuditAction, ...]] = get_args(AuditAction)
