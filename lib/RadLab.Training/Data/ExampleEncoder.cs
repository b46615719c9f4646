using System.Globalization;
using RadLab.Models;
using RadLab.Radiology;

namespace RadLab.Training;

/// <summary>
/// Examples to ids by <see cref="PromptTemplate"/> in the model's chat form. Training, evaluation and prediction all come through here, so that a prompt is id for id the
/// beginning of the text that was trained on.
/// </summary>
/// <remarks>
/// The one rule for what is too long: the end of the input is cut, never the instruction, the answer or the answer's end token. An example that would keep fewer than
/// <see cref="LeastInput"/> tokens of its input is left out instead and counted: what is left of it says nothing about its answer.
/// </remarks>
public sealed class ExampleEncoder
{
    /// <summary>Tokens of its input that a cut example keeps at least.</summary>
    public const int LeastInput = 16;

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

    /// <summary>What whole texts end with: end of turn and end of text, as far as the tokenizer has them.</summary>
    public IReadOnlyList<int> EndTokens => [.. new[] { Tokenizer.SpecialTokens.TryGetValue("<|eot_id|>", out int turn) ? turn : (int?)null, Tokenizer.EosId }.OfType<int>().Distinct()];

    /// <summary>Prompt with answer; loss on the answer and its end token alone.</summary>
    /// <exception cref="TrainingGuardException">The example is to be left out, or its answer is empty.</exception>
    public TokenizedText Encode(PromptExample example) => TryEncode(example) ?? throw TooLong(example, PromptTemplate.Answer(example.Task, example.Answer), MaxTokens);

    /// <summary>As <see cref="Encode"/>; null for an example that is to be left out because too little of its input would stay.</summary>
    /// <exception cref="TrainingGuardException">The answer is empty.</exception>
    public TokenizedText? TryEncode(PromptExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        if (string.IsNullOrWhiteSpace(example.Answer)) throw new TrainingGuardException($"example {example.Id}: the answer is empty: there is nothing to learn; drop it from the data.");
        if (Fit(example, PromptTemplate.Answer(example.Task, example.Answer), MaxTokens) is not var (tokens, cut)) return null;
        int[] labels = new int[tokens.Ids.Length];
        for (int i = 0; i < labels.Length; i++) labels[i] = i > 0 && tokens.IsAnswer[i] ? tokens.Ids[i] : TokenizedText.IgnoredLabel;
        return new TokenizedText(example.Id, tokens.Ids, labels, cut);
    }

    /// <summary>A data set for training: what can be learnt from, and how many examples are left out.</summary>
    public (IReadOnlyList<TokenizedText> Texts, int LeftOut) EncodeAll(IEnumerable<PromptExample> examples)
    {
        ArgumentNullException.ThrowIfNull(examples);
        var texts = new List<TokenizedText>();
        int leftOut = 0;
        foreach (var example in examples)
        {
            if (TryEncode(example) is { } text) texts.Add(text);
            else leftOut++;
        }
        return (texts, leftOut);
    }

    /// <summary>The prompt to generate an answer from.</summary>
    /// <param name="room">Tokens that are left for the answer.</param>
    /// <exception cref="TrainingGuardException">The example is to be left out.</exception>
    public int[] Prompt(PromptExample example, int room) => TryPrompt(example, room) ?? throw TooLong(example, null, MaxTokens - room);

    /// <summary>As <see cref="Prompt"/>; null for an example that is to be left out because too little of its input would stay.</summary>
    public int[]? TryPrompt(PromptExample example, int room)
    {
        ArgumentNullException.ThrowIfNull(example);
        return Fit(example, null, MaxTokens - room)?.Tokens.Ids;
    }

    /// <summary>An answer's ids with its end token, as they follow a prompt of its task.</summary>
    public int[] Answer(string task, string answer)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(answer);
        // the ids of an answer do not depend on its question
        var tokens = _template.Encode(Tokenizer, new ChatMessage(ChatRole.User, "question"), new ChatMessage(ChatRole.Assistant, PromptTemplate.Answer(task, answer)));
        return [.. tokens.Ids.Where((_, i) => tokens.IsAnswer[i])];
    }

    /// <summary>Plain running text for pretraining: begin, text, end of text; every token counts.</summary>
    public TokenizedText EncodePlain(string id, string text)
    {
        int[] ids = Tokenizer.EncodeToIds(text, new EncodeOptions { AddBos = Tokenizer.BosId is not null, AddEos = Tokenizer.EosId is not null });
        int cut = Math.Max(0, ids.Length - MaxTokens);
        if (cut > 0) ids = ids[..MaxTokens];
        int[] labels = [.. ids];
        labels[0] = TokenizedText.IgnoredLabel;
        return new TokenizedText(id, ids, labels, cut) { HasEnd = cut == 0 && Tokenizer.EosId is not null };
    }

    /// <summary>The Llama 3 form where the tokenizer has its tokens, else that of Llama 2.</summary>
    public static ChatTemplate TemplateOf(Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        return tokenizer.SpecialTokens.ContainsKey("<|start_header_id|>") ? ChatTemplate.Llama3 : ChatTemplate.Llama2;
    }

    private (ChatTokens Tokens, int Cut)? Fit(PromptExample example, string? answer, int room)
    {
        var tokens = Whole(example, example.Input, answer);
        if (tokens.Ids.Length <= room) return (tokens, 0);
        int[] input = Tokenizer.EncodeToIds(example.Input);
        int whole = tokens.Ids.Length, keep = input.Length;
        while (tokens.Ids.Length > room)
        {
            // each round cuts by what is too much; joining may merge tokens, so it may take a second one
            keep -= tokens.Ids.Length - room;
            if (keep < LeastInput) return null;
            tokens = Whole(example, WholeCharacters(Tokenizer.Decode(input.AsSpan(0, keep))), answer);
        }
        return (tokens, whole - tokens.Ids.Length);
    }

    // a cut through a character's bytes decodes to U+FFFD at the end
    private static string WholeCharacters(string text) => text.TrimEnd('\uFFFD');

    private ChatTokens Whole(PromptExample example, string input, string? answer)
    {
        var question = new ChatMessage(ChatRole.User, PromptTemplate.Question(example.Instruction, input));
        return answer is null ? _template.Encode(Tokenizer, question) : _template.Encode(Tokenizer, question, new ChatMessage(ChatRole.Assistant, answer));
    }

    private TrainingGuardException TooLong(PromptExample example, string? answer, int room)
    {
        int least = Whole(example, "", answer).Ids.Length + LeastInput;
        return new TrainingGuardException(string.Create(CultureInfo.InvariantCulture,
            $"example {example.Id}: instruction, answer and {LeastInput} tokens of the input need {least} tokens, but there is room for {room}; raise batch.sequence_length or leave the example out."));
    }
}
