"""What a lab says: its outline, its pages, and the names filled into them.

    load("lab-1-1")                      ->  Lab
    text("lab-1-1", "1.4", Language.KO)  ->  the step's Markdown
    fill(markdown, values)               ->  the same with the tenant's own names
    blocks(markdown)                     ->  typed blocks a screen can draw
    plain(blocks, reader)                ->  the page as text for a terminal

Read before the first frame of a screen, so it must stay cheap: no cloud SDK, no pydantic. Must not
know checks (only their names), profiles or screens.
"""

from relab.lab.block import Block as Block
from relab.lab.inline import spans as spans
from relab.lab.loader import labs as labs
from relab.lab.loader import load as load
from relab.lab.loader import text as text
from relab.lab.markdown import blocks as blocks
from relab.lab.model import Lab as Lab
from relab.lab.model import Phrase as Phrase
from relab.lab.model import Section as Section
from relab.lab.model import Step as Step
from relab.lab.model import Trouble as Trouble
from relab.lab.placeholders import PLACEHOLDERS as PLACEHOLDERS
from relab.lab.placeholders import fill as fill
from relab.lab.plain import Reader as Reader
from relab.lab.plain import plain as plain
