namespace RadLab.Radiology;

/// <summary>
/// Puts every patient on one side by a salted hash of the patient's identifier. The side depends on salt, source, identifier and shares alone, so adding
/// records never moves one, whatever their order, and two runs with the same salt agree.
/// </summary>
/// <remarks>
/// <code>
/// u = (first 53 bits of SHA-256(salt, source, patient)) / 2^53        the three joined by their lengths
/// u &lt; train -> train;  u &lt; train + validation -> validation;  else test
/// </code>
/// Shares are reached in the mean: n patients scatter about a share p by sqrt(p (1 - p) / n). Another salt gives an independent split. Whoever has the
/// salt can test a guessed identifier, so the salt is kept like one.
/// </remarks>
public sealed class PatientSplit
{
    private readonly string _salt;

    public PatientSplit(string salt, SplitShares? shares = null)
    {
        if (string.IsNullOrWhiteSpace(salt)) throw new ArgumentException("PatientSplit: salt must not be empty; name one for the data set and keep it, it decides the split.", nameof(salt));
        _salt = salt;
        Shares = (shares ?? SplitShares.Default).Checked();
    }

    public SplitShares Shares { get; }

    /// <summary>The side of a patient of a source.</summary>
    public DataSplit Of(string source, string patientId)
    {
        if (string.IsNullOrWhiteSpace(patientId)) throw new ArgumentException("PatientSplit: patientId must not be empty; records without a patient are split by their findings (SplitPlan).", nameof(patientId));
        return Of(Key(source, patientId));
    }

    /// <summary>The salted hash that stands for the identifier in files.</summary>
    public Hash128 Key(string source, string id) => Hash128.OfParts(_salt, source, id);

    /// <summary>As <see cref="Key"/> for a record whose patient is unknown; never equal to a patient's.</summary>
    internal Hash128 RecordKey(string source, string id) => Hash128.OfParts(_salt, source, "record", id);

    internal Hash128 ClusterKey(Hash128 smallest) => Hash128.OfParts(_salt, "cluster", smallest.ToString(), "", "");

    internal DataSplit Of(Hash128 key)
    {
        double u = (key.High >> 11) * (1.0 / (1L << 53));
        if (u < Shares.Train) return DataSplit.Train;
        return u < Shares.Train + Shares.Validation || Shares.Test == 0 ? DataSplit.Validation : DataSplit.Test;
    }
}
