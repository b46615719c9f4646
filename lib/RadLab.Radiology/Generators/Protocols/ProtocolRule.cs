namespace RadLab.Radiology;

/// <summary>Something that a note can state, in many wordings.</summary>
/// <param name="Id">Its name in rules, e.g. "pregnancy".</param>
/// <param name="Says">Noun phrases; the last ones are held out on request and share their telling word with a kept one.</param>
internal sealed record ProtocolFact(string Id, Words Says)
{
    /// <summary>F or M; 0 for both.</summary>
    public char Sex { get; init; }

    public int MinAge { get; init; } = 19;

    public int MaxAge { get; init; } = 88;
}

/// <summary>
/// Why a note gets its protocol. Rules are asked in order: the first whose complaint and histories are all stated decides, so what matters more for safety
/// stands first ("flank pain with known stones" is a stone CT, unless the patient is pregnant). The last rule of a complaint needs no history.
/// </summary>
/// <param name="Name">E.g. "flank-pain/pregnancy".</param>
/// <param name="Complaint">Id of the complaint.</param>
/// <param name="History">Ids of the histories that must be stated.</param>
/// <param name="Labels">Admissible protocols, the preferred one first; two where the note leaves the choice open.</param>
/// <param name="Because">One sentence for people.</param>
public sealed record ProtocolRule(string Name, string Complaint, IReadOnlyList<string> History, IReadOnlyList<string> Labels, string Because)
{
    public bool IsAmbiguous => Labels.Count > 1;

    public bool Matches(string complaint, IReadOnlyCollection<string> histories) => complaint == Complaint && History.All(histories.Contains);
}
