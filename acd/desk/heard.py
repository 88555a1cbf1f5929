"""What callers hear, for the administrator's page: the flow as a picture, and the prompts with their recordings."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from acd.config.rules import flow_of, prompts_dir
from acd.config.settings import Settings
from acd.desk.config_files import settings_now
from acd.desk.prompt_recordings import sound_etag, sound_of
from acd.engine.model.errors import BadConfig
from console.admin_ports import Record, UnknownItem
from console.ports import Unavailable
from ivr.catalogue import LANGUAGES, Catalogue, Prompt, load_catalogues
from ivr.picture import picture
from ivr.sound import seconds_in
from ivr.speak import Made, read_manifest, text_hash


class Heard:
    """As `console.admin_ports.Heard`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def flow(self) -> Record:
        """The flow as it is read now."""
        return await asyncio.to_thread(self._flow)

    def _flow(self) -> Record:
        settings = settings_now(self._settings)
        texts = _texts(settings)
        try:
            flow = flow_of(settings)
        except BadConfig as error:
            raise Unavailable(str(error)) from None
        found = picture(flow)

        def says(prompts: Sequence[str]) -> Record:
            return {
                language: " ".join(texts[language][one].text for one in prompts if one in texts[language])
                for language in flow.languages
            }

        boxes = [{**msgspec.structs.asdict(box), "says": says(box.prompts)} for box in found.boxes]
        return {"name": flow.name, "boxes": boxes, "arrows": [msgspec.structs.asdict(one) for one in found.arrows]}

    async def prompts(self) -> Sequence[Record]:
        """All prompts with their texts, by name."""
        return await asyncio.to_thread(self._prompts)

    def _prompts(self) -> Sequence[Record]:
        settings = settings_now(self._settings)
        texts = _texts(settings)
        names = sorted({name for catalogue in texts.values() for name in catalogue})
        folder = prompts_dir(settings)
        made = read_manifest(folder)
        return [
            {
                "name": name,
                "spoken": [
                    {
                        "language": language,
                        "text": texts[language][name].text if name in texts[language] else "",
                        "seconds": seconds_in(sound) if sound else None,
                        "etag": sound_etag(sound),
                        **_how(made.get(f"{language}/{name}"), texts[language].get(name)),
                    }
                    for language in LANGUAGES
                    for sound in [sound_of(folder / language / f"{name}.wav")]
                ],
            }
            for name in names
        ]

    async def sound(self, language: str, name: str) -> bytes:
        """The recording of a prompt, a WAV."""
        return await asyncio.to_thread(self._sound, language, name)

    def _sound(self, language: str, name: str) -> bytes:
        settings = settings_now(self._settings)
        known = _texts(settings).get(language, {})
        path = prompts_dir(settings) / language / f"{name}.wav"
        if name not in known or not path.is_file():
            raise UnknownItem("prompt", name)
        return path.read_bytes()


def _how(made: Made | None, prompt: Prompt | None) -> Record:
    """Whether the audio is a recording, and one of another text than is written now."""
    recorded = made is not None and made.source == "studio"
    changed = recorded and made is not None and prompt is not None and made.text_sha256 != text_hash(prompt.text)
    return {"recorded": recorded, "text_changed": changed}


def _texts(settings: Settings) -> Mapping[str, Catalogue]:
    """The prompts' texts by language and name. Raises `Unavailable` for a catalogue with a fault."""
    try:
        return load_catalogues(settings.prompts_dir)
    except BadConfig as error:
        raise Unavailable(str(error)) from None
