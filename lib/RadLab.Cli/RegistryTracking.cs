using RadLab.Training;

namespace RadLab.Cli;

/// <summary>Tells the tracker of a version's run what our registry says of the version. The local entry is what counts: a server that is down hears of it later.</summary>
internal static class RegistryTracking
{
    /// <summary>A version was added; nothing happens where its run is not tracked.</summary>
    public static void Add(string registry, RegistryEntry entry, string? alias, RegistryStage? stage, CancellationToken cancellation) =>
        RunsSync.Tell(entry.Run, spool => spool.Add(TrackingRegistration.Of(entry, alias, stage, registry)), cancellation);

    /// <summary>An alias or a stage was set.</summary>
    public static void Change(string registry, string name, int version, string? alias, RegistryStage? stage, CancellationToken cancellation)
    {
        var entry = new ModelRegistry(registry).Get(name).Versions.Single(v => v.Version == version);
        if (Directory.Exists(entry.Run)) RunsSync.Tell(entry.Run, spool => spool.Add(new TrackingVersionChange(name, version, alias, stage?.ToString(), Path.GetFullPath(registry))), cancellation);
        else Console.Error.WriteLine($"{entry.Run}: the version's run is no longer there; if it was tracked, its tracker does not hear of this");
    }
}
