"""The words of `acd.engine.explain`, Turkish and English. Pure.

Turkish: an extension is always "1003 numaralı görevli", so that no suffix has to agree with how a number is read."""

from collections.abc import Mapping, Sequence
from typing import Literal

Language = Literal["en", "tr"]

EN: Mapping[str, str] = {
    # --- what happened
    "entered": "came in on {node}",
    "entered_from": "came in on {node} from {caller}",
    "line_answered": "the line had answered {ago} before",
    "stepped": "came to step {step}",
    "stepped_key": "pressed {digit}, came to step {step}",
    "named": "wants {service} ({klass})",
    "ticket": "a ticket is due for it",
    "queued": "entered the queue at position {position}",
    "kept": "has the place of their earlier call {call}, which they had hung up while waiting",
    "returned": "waits again, at the place they had",
    "overflowed_max_wait": "had waited as long as {service} allows: moved to {to} ({klass}); waiting time goes on",
    "overflowed_max_waiting": "{service} is full: moved to {to} ({klass}); waiting time goes on",
    "rejoined": "the caller's channel came back to the engine",
    "key": "pressed {digit} while waiting",
    "escalated": "said that it is urgent, and is urgent from now ({times} in 30 days from this number)",
    "ringing": "{agent}'s phone rings",
    "no_answer": "{agent} did not answer in {ring}",
    "busy": "{agent}'s phone was busy",
    "declined": "{agent} declined after {ring}",
    "unreachable": "{agent}'s phone could not be reached",
    "caller_gone": "the caller hung up while {agent}'s phone rang ({ring})",
    "recalled": "{agent} was taken for an urgent caller after {ring} of ringing",
    "lost": "the offer to {agent} was lost after {ring}: engine or connection failed",
    "answered": "{agent} answered: {wait} after entering the queue, {delay} after the line's answer, {ring} of ringing",
    "held": "put on hold",
    "unheld": "taken off hold",
    "wrapup": "{agent}'s after-call work for this call took {wrapup}",
    "ended_answered": "ended after {talk} of talk; hung up by {by}",
    "ended_abandoned": "the caller hung up after waiting {wait}",
    "ended_abandoned_in_menu": "the caller hung up in the menu",
    "ended_self_served": "needed nobody: all was said by the menu",
    "ended_timed_out": "was let go after waiting {wait}, as long as the service allows",
    "ended_rejected": "was rejected",
    "ended_unknown": "the channel was gone when the engine looked again, after waiting {wait}",
    "by_caller": "the caller",
    "by_agent": "the agent",
    "by_system": "us",
    "by_unknown": "an unknown party: no engine was looking",
    # --- what happened around it
    "engine_started": "the engine was started again; talks go on, and who waits keeps their place",
    "node_lost": "the connection to Asterisk broke; calls go on",
    "reconciled": "Asterisk was asked what is up; state set right",
    "config": "the rules were read anew",
    "detached": "the caller's session broke; they keep their place",
    "retry": "those who let this call pass may be offered it again",
    "backup_due": "has waited long enough for the second circle",
    "command_failed": "{command} could not be carried out: {error}",
    # --- why this agent
    "offer_only": "offered to {agent}, the only one free ({idle} idle)",
    "offer_longest": "offered to {agent}, idle longest of {count} free ({idle})",
    "offer_freed": "offered to {agent}, who {freed}",
    "offer_wrapup": "offered to {agent}, longest in after-call work ({idle}): nobody was idle, and an urgent caller "
    "may interrupt it",
    "offer_ringing": "offered to {agent}: nobody was idle, so they were taken from ringing for the routine call {call}"
    ", which keeps its place",
    "offer_backup": "offered to {agent} of the second circle, as it is urgent and had waited {waited}",
    "offer_plain": "offered to {agent} after waiting {waited}; who else could be had is not known",
    "also_free": "also free: {agents}",
    "passed_over": "could not be had: {reasons}",
    "nobody": "no agent for it: {reasons}",
    "no_session": "not offered to anybody: their channel is not with the engine now",
    "nobody_at_all": "no agent for it: there are none",
    "first": "first of {count} who waited for {agent}: {reasons}",
    "alone": "nobody else waited for {agent}",
    "overtaken": "meanwhile {count} other {callers} offered an agent: {reasons}",
    "callers_one": "caller was",
    "callers_many": "callers were",
    # --- how an agent became free
    "freed_wrapup": "had just ended after-call work",
    "freed_ready": "had just said ready",
    "freed_phone": "had just come back with a reachable phone",
    "freed_own_call": "had just ended a call of their own",
    "freed_offer": "was free again after another offer came to nothing",
    "freed_talk": "had just ended a talk",
    "freed_other": "could take calls from now",
    # --- why an agent could not be had
    "not_offline": "signed out",
    "not_paused": "paused ({reason})",
    "not_paused_plain": "paused",
    "not_ringing": "ringing for another call",
    "not_talking": "talking",
    "not_wrapup": "in after-call work",
    "not_busy": "on a call of their own",
    "not_unavailable": "phone not reachable",
    "not_skipped": "let this call pass",
    "not_service": "do not take {service}",
    "not_backup": "second circle, for urgent callers after {after}",
    "not_held_back": "free, but held back for urgent callers",
    "not_free": "free",
    "not_regrouping": "free, but nobody is offered until all who waited before the restart are back",
    # --- why one caller came before another
    "before_urgent": "urgent before routine ({count})",
    "before_came": "came first ({count})",
    "before_points": "has more points ({count})",
    "them_urgent": "urgent ({count})",
    "them_came": "had come before ({count})",
    "them_points": "had more points ({count})",
    "them_service": "wanted another service, of agents who do not take this one ({count})",
    "them_skipped": "got agents who had let this call pass ({count})",
    "them_backup": "got agents of the second circle, which was not rung for this call yet ({count})",
    "them_detached": "this caller's session was broken ({count})",
    "them_other": "for other reasons ({count})",
    # --- words
    "urgent": "urgent",
    "routine": "routine",
    "seconds": "{number} s",
    "agent": "{extension}",
    "agent_named": "{extension} ({name})",
    "point": ".",
}

TR: Mapping[str, str] = {
    "entered": "{node} üzerinden geldi",
    "entered_from": "{node} üzerinden geldi, arayan {caller}",
    "line_answered": "hat {ago} önce açılmıştı",
    "stepped": "{step} adımına geldi",
    "stepped_key": "{digit} tuşuna bastı, {step} adımına geldi",
    "named": "istediği: {service} ({klass})",
    "ticket": "bunun için kayıt açılır",
    "queued": "kuyruğa {position}. sırada girdi",
    "kept": "beklerken kapattığı önceki çağrısının yerini aldı: {call}",
    "returned": "eski yerinde yeniden bekliyor",
    "overflowed_max_wait": "{service} için izin verilen süre doldu: {to} kuyruğuna geçti ({klass}); bekleme sürüyor",
    "overflowed_max_waiting": "{service} kuyruğu dolu: {to} kuyruğuna geçti ({klass}); bekleme sürüyor",
    "rejoined": "arayanın kanalı motora geri döndü",
    "key": "beklerken {digit} tuşuna bastı",
    "escalated": "acil olduğunu bildirdi, artık acil (bu numaradan 30 günde {times})",
    "ringing": "{agent}: telefonu çalıyor",
    "no_answer": "{agent}: {ring} içinde yanıt vermedi",
    "busy": "{agent}: telefonu meşguldü",
    "declined": "{agent}: {ring} sonra reddetti",
    "unreachable": "{agent}: telefonuna ulaşılamadı",
    "caller_gone": "{agent}: telefonu çalarken arayan kapattı ({ring})",
    "recalled": "{agent}: {ring} çaldıktan sonra acil bir arayana alındı",
    "lost": "{agent}: sunulan çağrı {ring} sonra kayboldu: motor ya da bağlantı koptu",
    "answered": "{agent} yanıtladı: kuyruğa girdikten {wait} sonra, hat açıldıktan {delay} sonra, çalma süresi {ring}",
    "held": "beklemeye alındı",
    "unheld": "beklemeden çıkarıldı",
    "wrapup": "{agent}: bu çağrının görüşme sonrası işlemi {wrapup} sürdü",
    "ended_answered": "{talk} görüşmeden sonra bitti; kapatan: {by}",
    "ended_abandoned": "arayan {wait} bekledikten sonra kapattı",
    "ended_abandoned_in_menu": "arayan menüde kapattı",
    "ended_self_served": "kimseye gerek kalmadı: menü her şeyi söyledi",
    "ended_timed_out": "hizmetin izin verdiği kadar, {wait} bekledikten sonra bırakıldı",
    "ended_rejected": "reddedildi",
    "ended_unknown": "motor yeniden baktığında kanal yoktu; {wait} beklemişti",
    "by_caller": "arayan",
    "by_agent": "görevli",
    "by_system": "biz",
    "by_unknown": "bilinmiyor: o anda motor yoktu",
    "engine_started": "motor yeniden başladı; görüşmeler sürer, bekleyen yerini korur",
    "node_lost": "Asterisk bağlantısı koptu; çağrılar sürüyor",
    "reconciled": "Asterisk'e neyin açık olduğu soruldu; durum düzeltildi",
    "config": "kurallar yeniden okundu",
    "detached": "arayanın oturumu koptu; yerini korur",
    "retry": "çağrıyı yanıtsız bırakanlara yeniden sunulabilir",
    "backup_due": "ikinci halkanın aranması için yeterince bekledi",
    "command_failed": "{command} yerine getirilemedi: {error}",
    "offer_only": "sunulduğu: {agent}; boştaki tek görevli ({idle} boşta)",
    "offer_longest": "sunulduğu: {agent}; boştaki {count} görevliden en uzun süredir boşta olan ({idle})",
    "offer_freed": "sunulduğu: {agent}; {freed}",
    "offer_wrapup": "sunulduğu: {agent}; en uzun süredir görüşme sonrası işlemde olan ({idle}): boşta kimse yoktu, "
    "acil arayan bu işlemi bölebilir",
    "offer_ringing": "sunulduğu: {agent}; boşta kimse yoktu: acil olmayan {call} çağrısı için çalarken alındı, o "
    "çağrı yerini korur",
    "offer_backup": "sunulduğu: ikinci halkadan {agent}; acil ve {waited} beklemişti",
    "offer_plain": "{waited} bekledikten sonra sunulduğu: {agent}; başka kimin uygun olduğu bilinmiyor",
    "also_free": "boşta olan diğerleri: {agents}",
    "passed_over": "uygun olmayanlar: {reasons}",
    "nobody": "uygun görevli yok: {reasons}",
    "no_session": "kimseye sunulmadı: kanalı şu anda motorda değil",
    "nobody_at_all": "uygun görevli yok: hiç görevli tanımlı değil",
    "first": "{agent} için bekleyen {count} kişinin ilki: {reasons}",
    "alone": "{agent} için başka bekleyen yoktu",
    "overtaken": "bu arada {count} başka {callers} görevli sunuldu: {reasons}",
    "callers_one": "arayana",
    "callers_many": "arayana",
    "freed_wrapup": "görüşme sonrası işlemi yeni bitmişti",
    "freed_ready": "hazır olduğunu yeni bildirmişti",
    "freed_phone": "telefonuna yeniden ulaşılabiliyordu",
    "freed_own_call": "kendi görüşmesi yeni bitmişti",
    "freed_offer": "sunulan başka çağrı sonuçsuz kalınca boşalmıştı",
    "freed_talk": "görüşmesi yeni bitmişti",
    "freed_other": "artık çağrı alabiliyordu",
    "not_offline": "çıkış yapmış",
    "not_paused": "ara vermiş ({reason})",
    "not_paused_plain": "ara vermiş",
    "not_ringing": "başka çağrı için telefonu çalıyor",
    "not_talking": "görüşmede",
    "not_wrapup": "görüşme sonrası işlemde",
    "not_busy": "kendi görüşmesinde",
    "not_unavailable": "telefonuna ulaşılamıyor",
    "not_skipped": "bu çağrıyı yanıtsız bırakmış",
    "not_service": "{service} almıyor",
    "not_backup": "ikinci halka, {after} bekleyen acil arayanlar için",
    "not_held_back": "boşta, ama acil arayanlar için ayrılmış",
    "not_free": "boşta",
    "not_regrouping": "boşta, ama yeniden başlamadan önce bekleyenler dönene kadar kimse sunulmaz",
    "before_urgent": "acil olan önce ({count})",
    "before_came": "önce gelen ({count})",
    "before_points": "puanı daha yüksek ({count})",
    "them_urgent": "acil ({count})",
    "them_came": "daha önce gelmiş ({count})",
    "them_points": "puanı daha yüksek ({count})",
    "them_service": "başka hizmet istemiş, bu hizmeti almayan görevliye ({count})",
    "them_skipped": "bu çağrıyı yanıtsız bırakmış görevliye ({count})",
    "them_backup": "bu çağrı için henüz aranmayan ikinci halkadan görevliye ({count})",
    "them_detached": "bu arayanın oturumu kopuktu ({count})",
    "them_other": "başka nedenle ({count})",
    "urgent": "acil",
    "routine": "normal",
    "seconds": "{number} sn",
    "agent": "{extension} numaralı görevli",
    "agent_named": "{extension} numaralı görevli {name}",
    "point": ",",
}

REASONS_TR: Mapping[str, str] = {
    "break": "mola",
    "meal": "yemek",
    "prayer": "namaz",
    "training": "eğitim",
    "other": "diğer",
    "missed_calls": "yanıtlanmayan çağrı",
}
"""Pause reasons; English ones are shown as they are."""


class Words:
    """Texts in one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._texts = EN if language == "en" else TR

    def say(self, key: str, **values: object) -> str:
        """The text of a key, filled in."""
        return " ".join(self._texts[key].format(**values).split())

    def seconds(self, value: float) -> str:
        """A duration: to the tenth, below a second to the hundredth."""
        number = f"{value:.1f}" if value >= 0.995 else f"{value:.2f}"
        return self.say("seconds", number=number.replace(".", self._texts["point"]))

    def pause(self, reason: str) -> str:
        """A pause reason."""
        return REASONS_TR.get(reason, reason) if self.language == "tr" else reason.replace("_", " ")

    def grouped(self, groups: Mapping[str, Sequence[str]]) -> str:
        """`talking 1001, 1002; signed out 1003`."""
        return "; ".join(f"{reason} {', '.join(members)}" for reason, members in groups.items())
