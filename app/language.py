"""Which language the window speaks, and Qt's own words and numbers with it."""

from __future__ import annotations

import logging

from PySide6.QtCore import QLibraryInfo, QLocale, QTranslator
from PySide6.QtWidgets import QApplication

from app import i18n

log = logging.getLogger(__name__)

_LOCALES = {
    "en": QLocale(QLocale.Language.English, QLocale.Country.UnitedStates),
    "de": QLocale(QLocale.Language.German, QLocale.Country.Germany),
}


def spoken(setting: str) -> str:
    """The language that ``setting`` means: a language, or ``system`` for the person's first one
    that there is a catalogue of."""
    if setting in i18n.LANGUAGES:
        return setting
    wanted = (name.split("-")[0] for name in QLocale.system().uiLanguages())
    return next((name for name in wanted if name in i18n.LANGUAGES), i18n.ENGLISH)


def install(app: QApplication, setting: str) -> str:
    """Let everything that is made from now on speak the language of ``setting``; returns it."""
    i18n.use(spoken(setting))
    language = i18n.language()
    QLocale.setDefault(_LOCALES[language])
    if language != i18n.ENGLISH:
        _translate_qt(app, language)
    return language


def _translate_qt(app: QApplication, language: str) -> None:
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{language}", folder):
        app.installTranslator(translator)
    else:  # the window's own words do not need it
        log.info("Qt has no words of its own for %s in %s.", language, folder)
