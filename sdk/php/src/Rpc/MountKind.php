<?php

declare(strict_types=1);

namespace Imq\Rpc;

/** The two kinds of mount. */
enum MountKind: string
{
    /** Events, each sent once to those who are there. */
    case Message = 'message';
    /** Keys with values, of which late comers get the present ones. */
    case State = 'state';
}
