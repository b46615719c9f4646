using System.Globalization;

namespace RadLab.Radiology;

/// <summary>
/// Provider notes with the problems they state, in plain words ("flank pain; kidney stones"): what the wordings of notes mean, without a word about protocols.
/// A model that was pretrained on them knows the vocabulary, as a language model knows English, and still has to learn which protocol follows.
/// </summary>
public static class SyntheticProblemLists
{
    /// <summary>The manifest's id, and every note's source.</summary>
    public const string Source = "synthetic-problem-lists";

    /// <summary>
    /// The whole vocabulary, in the sentence templates of <see cref="SyntheticPart.Kept"/> alone: no note of the held-out part can be among them.
    /// </summary>
    public static SyntheticSettings KeptTemplates { get; } = new() { Part = SyntheticPart.Kept, VocabularyShare = 0 };

    /// <returns>Notes of <see cref="SyntheticProtocols"/> under ids of their own; record i depends on the seed, i and the settings alone.</returns>
    public static IEnumerable<ProtocolNote> Generate(ulong seed, long count, SyntheticSettings? settings = null) =>
        SyntheticProtocols.Generate(seed, count, settings ?? KeptTemplates).Select((n, i) => n.Note with
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{Source}-{seed}-{i}"),
            Source = Source,
        });
}
