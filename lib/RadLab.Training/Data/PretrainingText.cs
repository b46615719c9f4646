using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// What pretraining reads of an example, every token of it counting. Three of four report examples stand in the chat form of fine-tuning, so that the form's own
/// tokens are learnt as well; the others are running text. Of protocol notes the text alone is read: which protocol they ask for is left to fine-tuning.
/// </summary>
internal static class PretrainingText
{
    private const int PlainOneIn = 4;

    /// <param name="number">Of the example in its split: with the seed it decides the form.</param>
    /// <returns>Null: too little of its input would stay.</returns>
    public static TokenizedText? Encode(ExampleEncoder encoder, PromptExample example, ulong seed, int number)
    {
        if (example.Task == ProtocolPrompts.Task) return encoder.EncodePlain(example.Id, example.Input);
        if (new RandomKey(seed, TrainingStreams.PretrainingForm, 0).Below((ulong)number, PlainOneIn) == 0)
            return encoder.EncodePlain(example.Id, $"FINDINGS: {example.Input}\n\nIMPRESSION: {example.Answer}");
        return encoder.TryEncode(example) is not { } chat ? null : new TokenizedText(chat.Id, chat.Ids, [TokenizedText.IgnoredLabel, .. chat.Ids.AsSpan(1)], chat.Cut);
    }
}
