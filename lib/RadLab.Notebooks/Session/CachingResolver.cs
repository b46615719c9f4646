using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace RadLab.Notebooks;

/// <summary>
/// Remembers what references resolve to. Without it each cell reads the metadata of every assembly again: 300 cells then
/// take 1.3 GB instead of 0.2 GB, and cells get slower as the notebook goes on (measured 2026-11).
/// </summary>
internal sealed class CachingResolver(ScriptMetadataResolver inner) : MetadataReferenceResolver
{
    private readonly ConcurrentDictionary<AssemblyIdentity, PortableExecutableReference?> _missing = new();
    private readonly ConcurrentDictionary<(string, string?, MetadataReferenceProperties), ImmutableArray<PortableExecutableReference>> _references = new();

    public override bool ResolveMissingAssemblies => true;

    public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity) =>
        _missing.GetOrAdd(referenceIdentity, id => inner.ResolveMissingAssembly(definition, id));

    public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties) =>
        _references.GetOrAdd((reference, baseFilePath, properties), key => inner.ResolveReference(key.Item1, key.Item2, key.Item3));

    public override bool Equals(object? other) => ReferenceEquals(this, other);
    public override int GetHashCode() => inner.GetHashCode();
}
