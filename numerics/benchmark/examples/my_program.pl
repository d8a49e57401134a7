#!/usr/bin/env perl
# A leak of its own for every channel, in plain Perl: perl my_program.pl FOLDER
use strict;
use warnings;

my $folder = $ARGV[-1];

# A .npy file is 10 bytes, of which the last two tell the length of a header; the header; and the numbers.
sub read_npy {
    my ($name) = @_;
    open my $file, '<:raw', "$folder/$name.npy" or die "$name: $!";
    local $/;
    my $bytes  = <$file>;
    my $length = unpack 'v', substr $bytes, 8, 2;
    my $header = substr $bytes, 10, $length;
    my @shape  = $header =~ /'shape': \(([^)]*)\)/ ? split /,\s*/, $1 : die "$name: no shape";
    my $kind   = $header =~ /<i8/ ? 'q<*' : 'd<*';
    return \@shape, [ unpack $kind, substr $bytes, 10 + $length ];
}

sub normal { return sqrt(-2 * log(1 - rand)) * cos(6.283185307179586 * rand) }

open my $told, '<', "$folder/task.json" or die "task.json: $!";
my $task = join '', <$told>;
my ($seed) = $task =~ /"seed": (\d+)/;

# fit: the regression of every sample on the one before it, channel by channel
my ($shape, $x) = read_npy('train/activity');
my ($trials, $length, $channels) = @$shape;
my (@mean, @decay, @noise);
for my $c (0 .. $channels - 1) {
    my ($sum, $same, $next, $left) = (0, 0, 0, 0);
    $sum += $x->[$_ * $channels + $c] for 0 .. $trials * $length - 1;
    $mean[$c] = $sum / ($trials * $length);
    my @pairs;
    for my $trial (0 .. $trials - 1) {
        my @y = map { $x->[($trial * $length + $_) * $channels + $c] - $mean[$c] } 0 .. $length - 1;
        push @pairs, map { [ @y[$_ - 1, $_] ] } 1 .. $length - 1;
    }
    for (@pairs) { $same += $_->[0]**2; $next += $_->[0] * $_->[1] }
    $decay[$c] = $next / $same;
    $left += ($_->[1] - $decay[$c] * $_->[0])**2 for @pairs;
    $noise[$c] = sqrt($left / @pairs);
}

# answer: go on from the last sample of every history, pulsed or not
while ($task =~ /"(\w+)": \{\s*"queries": (\d+),\s*"samples": (\d+),\s*"steps": (\d+)/g) {
    my ($group, $queries, $samples, $steps) = ($1, $2, $3, $4);
    my ($size, $history) = read_npy("queries/${group}_history");
    my (undef, $pulse)   = read_npy("queries/${group}_pulse");
    my (undef, $own)     = read_npy("queries/${group}_seed");
    open my $out, '>:raw', "$folder/rollouts/$group.npy" or die "$group: $!";
    my $header = "{'descr': '<f8', 'fortran_order': False, 'shape': ($queries, $samples, $steps, $channels), }";
    $header .= ' ' x (117 - length $header) . "\n";    # 10 and 118 are 128 bytes
    print $out "\x93NUMPY\x01\x00", pack('v', length $header), $header;
    for my $q (0 .. $queries - 1) {
        srand($seed + $own->[$q]);
        my @last = map { $history->[(($q + 1) * $size->[1] - 1) * $channels + $_] - $mean[$_] } 0 .. $channels - 1;
        for (1 .. $samples) {
            my @state = map { $last[$_] + $pulse->[$q * $channels + $_] } 0 .. $channels - 1;
            for (1 .. $steps) {
                $state[$_] = $decay[$_] * $state[$_] + $noise[$_] * normal() for 0 .. $channels - 1;
                print $out pack 'd<*', map { $mean[$_] + $state[$_] } 0 .. $channels - 1;
            }
        }
    }
    close $out or die "$group: $!";
}
