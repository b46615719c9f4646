namespace RadLab.Compute; public readonly record struct RandomKey(ulong Seed, uint Stream, uint Step);
