namespace RadLab.Tests;

/// <summary>Tests that measure the whole process run alone.</summary>
[CollectionDefinition("process-wide", DisableParallelization = true)]
public sealed class ProcessWide;
