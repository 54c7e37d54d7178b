"""Everything the review needs of one image, read in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.models.live import LiveProposals
from app.models.shapes import Shape, of_annotation, of_proposal
from engine.domain.records import DECIDED_STATES, ImageRecord, Proposal, ReviewState
from engine.domain.settings import BoxSettings
from engine.store import score_maps
from engine.store.annotations import annotations_of
from engine.store.images import get_image, queue_entries
from engine.store.project import Connection
from engine.store.proposals import proposals_of


@dataclass(frozen=True, slots=True, eq=False)
class ImageDetails:
    """One image as the store has it. ``live`` is None where no score map is kept."""

    image: ImageRecord
    state: ReviewState
    annotations: tuple[Shape, ...]
    proposals: tuple[Shape, ...]
    live: LiveProposals | None

    @property
    def decided(self) -> bool:
        return self.state in DECIDED_STATES

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """A person's boxes where there are any or the image is decided, else the proposals."""
        return self.annotations if self.decided or self.annotations else self.proposals

    @property
    def shows_proposals(self) -> bool:
        return not self.decided and not self.annotations

    def same_as(self, other: ImageDetails) -> bool:
        """True if the store said the same of the same image both times."""
        return (self.image, self.state, self.annotations, self.proposals) == (
            other.image,
            other.state,
            other.annotations,
            other.proposals,
        )


def load_details(connection: Connection, image_id: int, settings: BoxSettings) -> ImageDetails:
    """Raises ProjectError if there is no such image. ``settings``: how boxes are derived here."""
    image = get_image(connection, image_id)
    state = queue_entries(connection, [image_id])[0].state
    proposals = proposals_of(connection, [image_id])[image_id]
    annotations = annotations_of(connection, [image_id])[image_id]
    return ImageDetails(
        image,
        state,
        tuple(map(of_annotation, annotations)),
        tuple(map(of_proposal, proposals)),
        _live(connection, image, proposals, settings) if proposals else None,
    )


def _live(
    connection: Connection, image: ImageRecord, proposals: list[Proposal], settings: BoxSettings
) -> LiveProposals | None:
    best = proposals[0]
    wanted = dict.fromkeys(proposal.class_id for proposal in proposals)
    maps = [
        found
        for class_id in wanted
        if (found := score_maps.get_map(connection, best.run_id, image.id, class_id)) is not None
    ]
    if not maps:
        return None
    now = replace(settings, threshold=best.threshold)
    return LiveProposals(maps, best.run_id, image.width, image.height, now)
