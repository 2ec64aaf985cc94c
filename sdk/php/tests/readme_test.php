<?php

declare(strict_types=1);

namespace Imq\Tests;

return [
    'what the README shows is PHP, and its classes exist' => function (): void {
        $text = file_get_contents(__DIR__ . '/../README.md');
        Check::same(true, preg_match_all('/^```php\n(.*?)^```$/ms', $text, $found) > 0);
        foreach ($found[1] as $code) {
            // Throws where it is no PHP.
            token_get_all("<?php {$code}", TOKEN_PARSE);
            preg_match_all('/^use (Imq\\\\\w+)\\\\\{(.*?)\};$/m', $code, $uses, PREG_SET_ORDER);
            foreach ($uses as [, $namespace, $names]) {
                foreach (explode(', ', $names) as $name) {
                    $class = "{$namespace}\\{$name}";
                    Check::same([$class, true], [$class, class_exists($class) || enum_exists($class)]);
                }
            }
        }
    },

    'every exception that the README names exists' => function (): void {
        $text = file_get_contents(__DIR__ . '/../README.md');
        preg_match('/`(OutcomeUnknown [\w\s]+)`/', $text, $found);
        $named = preg_split('/\s+/', $found[1]);
        $files = array_map(
            fn (string $file): string => basename($file, '.php'),
            glob(__DIR__ . '/../src/Error/*.php'),
        );
        $others = ['ImqException', 'Refused', 'Unreadable'];
        Check::same([], array_merge(array_diff($named, $files), array_diff($files, $named, $others)));
    },
];
