using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// Examples to ids by the model's chat form: the instruction and the input are the user's turn, the answer the assistant's. Training, evaluation and
/// prediction all come through here, so that a prompt is id for id the beginning of the text that was trained on.
/// </summary>
/// <remarks>A text that is too long loses the end of its input, never of its instruction, its answer or the answer's end token.</remarks>
public sealed class ExampleEncoder
{
    private readonly ChatTemplate _template;

    /// <param name="maxTokens">Of a whole text, its end token included.</param>
    public ExampleEncoder(Tokenizer tokenizer, int maxTokens)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (maxTokens < 8) throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"ExampleEncoder: maxTokens must be at least 8, got {maxTokens}."));
        (Tokenizer, MaxTokens) = (tokenizer, maxTokens);
        _template = TemplateOf(tokenizer);
    }

    public Tokenizer Tokenizer { get; }

    public int MaxTokens { get; }

    /// <summary>Prompt with answer; loss on the answer and its end token alone.</summary>
    /// <exception cref="TrainingGuardException">Instruction and answer alone do not fit, or the answer is empty.</exception>
    public TokenizedText Encode(PromptExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        if (string.IsNullOrWhiteSpace(example.Answer)) throw new TrainingGuardException($"example {example.Id}: the answer is empty: there is nothing to learn; drop it from the data.");
        var (tokens, cut) = Fit(example, example.Answer, MaxTokens);
        int[] labels = new int[tokens.Ids.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = i > 0 && tokens.IsAnswer[i] ? tokens.Ids[i] : TokenizedText.IgnoredLabel;
        return new TokenizedText(example.Id, tokens.Ids, labels, cut);
    }

    /// <summary>The prompt to generate an answer from.</summary>
    /// <param name="room">Tokens that are left for the answer.</param>
    public int[] Prompt(PromptExample example, int room)
    {
        ArgumentNullException.ThrowIfNull(example);
        return Fit(example, null, MaxTokens - room).Tokens.Ids;
    }

    /// <summary>Plain running text for pretraining: begin, text, end of text; every token counts.</summary>
    public TokenizedText EncodePlain(string id, string text)
    {
        int[] ids = Tokenizer.EncodeToIds(text, new EncodeOptions { AddBos = Tokenizer.BosId is not null, AddEos = Tokenizer.EosId is not null });
        int cut = Math.Max(0, ids.Length - MaxTokens);
        if (cut > 0) ids = ids[..MaxTokens];
        int[] labels = [.. ids];
        labels[0] = TokenizedText.IgnoredLabel;
        return new TokenizedText(id, ids, labels, cut);
    }

    /// <summary>The Llama 3 form where the tokenizer has its tokens, else that of Llama 2.</summary>
    public static ChatTemplate TemplateOf(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.SpecialTokens.ContainsKey("<|start_header_id|>") ? ChatTemplate.Llama3 : ChatTemplate.Llama2;
    }

    private (ChatTokens Tokens, int Cut) Fit(PromptExample example, string? answer, int room)
    {
        var tokens = Whole(example, example.Input, answer);
        if (tokens.Ids.Length <= room) return (tokens, 0);
        int[] input = Tokenizer.EncodeToIds(example.Input);
        int whole = tokens.Ids.Length, keep = input.Length;
        while (tokens.Ids.Length > room)
        {
            // each round cuts by what is too much; joining may merge tokens, so it may take a second one
            keep -= tokens.Ids.Length - room;
            if (keep < 0) throw TooLong(example, Whole(example, "", answer).Ids.Length, room);
            tokens = Whole(example, WholeCharacters(Tokenizer.Decode(input.AsSpan(0, keep))), answer);
        }
        return (tokens, whole - tokens.Ids.Length);
    }

    // a cut through a character's bytes decodes to U+FFFD at the end
    private static string WholeCharacters(string text) => text.TrimEnd('\uFFFD');

    private ChatTokens Whole(PromptExample example, string input, string? answer)
    {
        var question = new ChatMessage(ChatRole.User, $"{example.Instruction}\n\n{input}");
        return answer is null ? _template.Encode(Tokenizer, question) : _template.Encode(Tokenizer, question, new ChatMessage(ChatRole.Assistant, answer));
    }

    private static TrainingGuardException TooLong(PromptExample example, int least, int room) => new(string.Create(CultureInfo.InvariantCulture,
        $"example {example.Id}: instruction and answer alone need {least} tokens, but there is room for {room}: the answer would be cut; raise SequenceLength or drop the example."));
}
