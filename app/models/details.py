"""Everything the review needs of one image, read in one go."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.models.live import LiveProposals
from app.models.shapes import Shape, of_annotation, of_left, of_proposal
from engine.domain.records import DECIDED_STATES, ImageRecord, Proposal, ReviewState
from engine.domain.settings import BoxSettings
from engine.store import score_maps
from engine.store.annotations import annotations_of
from engine.store.images import get_image, queue_entries
from engine.store.left_boxes import left_boxes_of
from engine.store.project import Connection
from engine.store.proposals import proposals_of


@dataclass(frozen=True, slots=True, eq=False)
class ImageDetails:
    """One image as the store has it. ``left``: what is undecided of an image decided in part.
    ``live`` is None where no score map is kept."""

    image: ImageRecord
    state: ReviewState
    annotations: tuple[Shape, ...]
    left: tuple[Shape, ...]
    proposals: tuple[Shape, ...]
    live: LiveProposals | None

    @property
    def decided(self) -> bool:
        return self.state in DECIDED_STATES

    @property
    def begun(self) -> bool:
        """True if boxes of a person are there, or some were put off, but the image is undecided."""
        return not self.decided and bool(self.annotations or self.left)

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """What a person has decided or left where the image is decided or begun, else the
        proposals."""
        return self.proposals if self.shows_proposals else (*self.annotations, *self.left)

    @property
    def shows_proposals(self) -> bool:
        return not self.decided and not self.begun

    def same_as(self, other: ImageDetails) -> bool:
        """True if the store said the same of the same image both times."""
        return (self.image, self.state, self.annotations, self.left, self.proposals) == (
            other.image,
            other.state,
            other.annotations,
            other.left,
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
        tuple(map(of_left, left_boxes_of(connection, [image_id])[image_id])),
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
