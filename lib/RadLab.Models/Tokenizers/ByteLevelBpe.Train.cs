using System.Globalization;

namespace RadLab.Models;

/// <summary>Learning a vocabulary.</summary>
public sealed partial class ByteLevelBpe
{
    /// <summary>Learns a byte-level vocabulary from texts: ids 0 to 255 are the bytes, then come the merges in their order, then the special tokens.</summary>
    public static ByteLevelBpe Train(IEnumerable<string> texts, BpeTraining? training = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        training ??= new BpeTraining();
        int least = 256 + training.SpecialTokens.Count;
        if (training.VocabularySize < least || training.VocabularySize > TokenTable.MaxTokens)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"ByteLevelBpe.Train: VocabularySize must be from {least} (256 bytes and {training.SpecialTokens.Count} special tokens) to {TokenTable.MaxTokens}, got {training.VocabularySize}."), nameof(training));
        if (training.MinFrequency < 1)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ByteLevelBpe.Train: MinFrequency must be at least 1, got {training.MinFrequency}."), nameof(training));
        if (training.MaxTokenBytes is < 1 or > TokenTable.MaxTokenBytes)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ByteLevelBpe.Train: MaxTokenBytes must be from 1 to {TokenTable.MaxTokenBytes}, got {training.MaxTokenBytes}."), nameof(training));
        if (training.SpecialTokens.Any(string.IsNullOrEmpty) || training.SpecialTokens.Distinct().Count() < training.SpecialTokens.Count)
            throw new ArgumentException("ByteLevelBpe.Train: SpecialTokens must be different texts, none of them empty.", nameof(training));

        var trainer = new BpeTrainer(texts, training);
        var merges = new MergeTable();
        for (int rank = 0; rank < trainer.Merges.Count; rank++)
            merges.Set(trainer.Merges[rank].Left, trainer.Merges[rank].Right, rank, trainer.Merges[rank].Merged);
        const string Source = "training";
        var added = new AddedTokens();
        foreach (string token in training.SpecialTokens) added.Add(new AddedToken(trainer.Tokens.Count + added.Count, token), Source, "SpecialTokens");
        var latin1 = new Dictionary<int, string>();
        for (int id = 0; id < trainer.Tokens.Count; id++) latin1.Add(id, trainer.Tokens[id]);
        return Build(latin1, added, merges, [.. trainer.Merges.Select(m => (m.Left, m.Right))], ignoreMerges: false, Source, new TokenizerSettings());
    }
}
