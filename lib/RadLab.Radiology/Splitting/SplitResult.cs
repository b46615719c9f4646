using System.Globalization;

namespace RadLab.Radiology;

/// <summary>What decided a record's side.</summary>
public enum SplitBasis
{
    /// <summary>The hash of its patient.</summary>
    Patient,

    /// <summary>The hash of its cluster of equal and similar findings.</summary>
    Cluster,

    /// <summary>An earlier preparation: the record itself, its patient, or the similar findings stood there already.</summary>
    Earlier,

    /// <summary>The source gives it.</summary>
    Given,

    /// <summary>No side: similar findings stand on several sides already, which must not move.</summary>
    BridgesSides,

    /// <summary>No side: it would train on findings that repeat those of an evaluation record.</summary>
    RepeatsEvaluation,
}

/// <param name="Split">The side, or null where the record belongs on none.</param>
/// <param name="Group">Salted hash that records share which must stay together: the patient's, or that of the cluster.</param>
public sealed record SplitAssignment(string Source, string Id, DataSplit? Split, SplitBasis Basis, Hash128 Group);

/// <summary>Every record with its side, in the order given, and the ledger for the next time.</summary>
public sealed record SplitResult
{
    public required IReadOnlyList<SplitAssignment> Records { get; init; }

    /// <summary>The earlier ledger and all records that got a side now.</summary>
    public required SplitLedger Ledger { get; init; }

    /// <summary>What the clustering of records without a patient found.</summary>
    public required DuplicateClusters Clusters { get; init; }

    public int Count(DataSplit side) => Records.Count(r => r.Split == side);

    public int Count(SplitBasis basis) => Records.Count(r => r.Basis == basis);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Records.Count} records: {Count(DataSplit.Train)} train, {Count(DataSplit.Validation)} validation, {Count(DataSplit.Test)} test, {Count(SplitBasis.BridgesSides)} left out between sides, {Count(SplitBasis.RepeatsEvaluation)} left out of training because they repeat evaluation records");
}
