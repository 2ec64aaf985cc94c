<?php

declare(strict_types=1);

namespace Imq\Error;

/** The operation is malformed; the message says where. */
final class Invalid extends Refused
{
}
