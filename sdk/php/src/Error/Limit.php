<?php

declare(strict_types=1);

namespace Imq\Error;

/** A bound that the message names is reached. */
final class Limit extends Refused
{
}
