using RadLab.Compute;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// What pretraining reads of an example, every token of it counting. Three of four reports and problem lists stand in the chat form of fine-tuning, so that the form's own
/// tokens are learnt as well; the others are running text. Notes with their protocol are running text only: to answer in the chat form is left to fine-tuning.
/// </summary>
internal static class PretrainingText
{
    private const int PlainOneIn = 4;

    /// <param name="number">Of the example in its split: with the seed it decides the form.</param>
    /// <returns>Null: too little of its input would stay.</returns>
    public static TokenizedText? Encode(ExampleEncoder encoder, PromptExample example, ulong seed, int number)
    {
        if (example.Task == ProtocolPrompts.Task || new RandomKey(seed, TrainingStreams.PretrainingForm, 0).Below((ulong)number, PlainOneIn) == 0)
            return encoder.EncodePlain(example.Id, Plain(example));
        return encoder.TryEncode(example) is not { } chat ? null : new TokenizedText(chat.Id, chat.Ids, [TokenizedText.IgnoredLabel, .. chat.Ids.AsSpan(1)], chat.Cut);
    }

    private static string Plain(PromptExample example) => example.Task switch
    {
        ProtocolPrompts.Task => $"{example.Input}\n\nPROTOCOL: {example.Answer}",
        ProblemListPrompts.Task => $"{example.Input}\n\nPROBLEMS: {example.Answer}",
        _ => $"FINDINGS: {example.Input}\n\nIMPRESSION: {example.Answer}",
    };
}
