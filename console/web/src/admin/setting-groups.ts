// The settings in groups, as somebody looks for them. Pure.
export const GROUPS = [
  "queue",
  "rings",
  "urgent",
  "callbacks",
  "outcomes",
  "recordings",
  "requests",
  "mail",
  "people",
  "limits",
  "network",
  "system",
] as const;

export type SettingGroup = (typeof GROUPS)[number];

/** The first that fits; a setting that nobody has sorted is the system's. */
const SORTED: [RegExp, SettingGroup][] = [
  [/^(callback|message_)/, "callbacks"],
  [/^outcome_/, "outcomes"],
  [/^disposition_/, "requests"],
  [/^(recording|monitoring$)/, "recordings"],
  [/^(texts?_|smtp_|mail_)/, "mail"],
  [/^(openid_|session_|demo$)/, "people"],
  [/^(urgent_|escalation_key$|emergency_|headroom|first_time_agents$|duty_)/, "urgent"],
  [/^(wrapup_|(private_)?ring_|max_misses$|early_ring$|redial_s$|empty_chair_s$|page_reload_s$|handover_)/, "rings"],
  [/^(announce_|target_wait_s$|service_level_s$|strategy$|owner_first_s$|spoke_days$|backup_|empty_grace_s$)/, "queue"],
  [/^(own_requests$|public_number$|say_number$|reopen_days$|no_answer_days$|plan_dir$|town_dir$)/, "requests"],
  [/^(max_calls|channel_log$|trunk_hosts$|qualify_s$|rtp_timeout_s$)/, "limits"],
  [/^(bind_host|https?_|trusted_proxies$|sip_|ws_|ami_|agi_|fastagi_|rtp_|standby_port)/, "network"],
];

export function groupOf(setting: string): SettingGroup {
  return SORTED.find(([pattern]) => pattern.test(setting))?.[1] ?? "system";
}

/** The groups that have any of these, in their order, each with its settings in theirs. */
export function grouped<T extends { name: string }>(settings: readonly T[]): [SettingGroup, T[]][] {
  return GROUPS.map((group): [SettingGroup, T[]] => [
    group,
    settings.filter((one) => groupOf(one.name) === group),
  ]).filter(([, found]) => found.length > 0);
}
