using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>What of a run may leave its folder, by the terms of its data and by what the user has allowed by name.</summary>
/// <param name="Samples">Texts: samples, prompts, rejects.</param>
/// <param name="Weights">What was trained.</param>
public sealed record Sharing(bool Samples, bool Weights)
{
    /// <param name="trainedOn">The run's data, and what its base was trained on before: the strictest terms hold.</param>
    /// <param name="samplesOf">Ids of data sets whose samples the user allows to be sent.</param>
    /// <param name="adapterOf">Ids of data sets whose trained weights the user allows to be sent.</param>
    public static Sharing Of(IReadOnlyList<RunData> trainedOn, IReadOnlyCollection<string> samplesOf, IReadOnlyCollection<string> adapterOf) =>
        new(SamplesHeldBy(trainedOn, samplesOf).Count == 0, WeightsHeldBy(trainedOn, adapterOf).Count == 0);

    /// <summary>The restricted sets that are not allowed by name: what a model writes may be taken from any text that it has seen.</summary>
    public static IReadOnlyList<string> SamplesHeldBy(IReadOnlyList<RunData> trainedOn, IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(trainedOn);
        return [.. trainedOn.Where(d => d.IsRestricted).Select(d => d.Provenance.DataSet).Distinct().Where(id => !allowed.Contains(id))];
    }

    /// <summary>The sets that are not allowed by name and speak against giving trained weights away: what a tracker gets is no more than what an export would give.</summary>
    public static IReadOnlyList<string> WeightsHeldBy(IReadOnlyList<RunData> trainedOn, IReadOnlyCollection<string> allowed)
    {
        ArgumentNullException.ThrowIfNull(trainedOn);
        return [.. trainedOn.Where(d => Objections(d).Count > 0).Select(d => d.Provenance.DataSet).Distinct().Where(id => !allowed.Contains(id))];
    }

    /// <summary>The terms that speak against giving trained weights away, as people read them; empty where none does.</summary>
    public static IReadOnlyList<string> Objections(RunData data)
    {
        ArgumentNullException.ThrowIfNull(data);
        var terms = data.Provenance.Terms;
        var against = new List<string>();
        if (data.Provenance.Phi.Class == PhiClass.ContainsPhi) against.Add("it holds protected health information");
        if (data.Provenance.Phi.Class == PhiClass.CredentialedDeidentified) against.Add("it is open to credentialed people only");
        if (terms.TrainedWeights == TermsOfUse.Forbidden) against.Add("trainedWeights is forbidden: weights trained on it must not be shared");
        if (terms.AdaptedText == TermsOfUse.Forbidden) against.Add("adaptedText is forbidden: no derivatives");
        if (terms.CommercialUse == TermsOfUse.Forbidden) against.Add("commercialUse is forbidden: non-commercial");
        return against;
    }
}
