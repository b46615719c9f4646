using System.Globalization;

namespace RadLab.Models;

/// <summary>
/// How a conversation becomes ids, for training and generation alike: the prompt of a question is, id for id, the beginning of the training
/// sequence of that question with its answer. What people wrote is always plain text, never a control token.
/// </summary>
public abstract class ChatTemplate
{
    /// <summary><c>&lt;s&gt;[INST] question [/INST] answer &lt;/s&gt;</c>, a system message in <c>&lt;&lt;SYS&gt;&gt;</c> within the first question.</summary>
    public static ChatTemplate Llama2 { get; } = new Llama2Chat();

    /// <summary><c>&lt;|start_header_id|&gt;role&lt;|end_header_id|&gt;</c>, two line breaks, the content and <c>&lt;|eot_id|&gt;</c> for each message.</summary>
    public static ChatTemplate Llama3 { get; } = new Llama3Chat();

    /// <summary>A conversation as ids.</summary>
    /// <remarks>If the last message is not the assistant's, the ids end where its answer begins: that is the prompt to generate from.</remarks>
    public ChatTokens Encode(Tokenizer tokenizer, params IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(messages);
        if (messages.Count == 0) throw new ArgumentException($"{Name}: messages must hold at least one message.", nameof(messages));
        var writer = new ChatWriter(tokenizer, Name);
        Write(writer, messages);
        return writer.Tokens;
    }

    private protected abstract string Name { get; }

    private protected abstract void Write(ChatWriter writer, IReadOnlyList<ChatMessage> messages);

    private protected ArgumentException Refuse(int message, string problem) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{Name}: message {message} {problem}."), "messages");
}

/// <summary>Collects ids and which of them are answers.</summary>
internal sealed class ChatWriter(Tokenizer tokenizer, string template)
{
    private readonly List<int> _ids = [];
    private readonly List<bool> _isAnswer = [];

    public ChatTokens Tokens => new([.. _ids], [.. _isAnswer]);

    public void Text(string text, bool isAnswer = false)
    {
        tokenizer.EncodeToIds(text, _ids);
        while (_isAnswer.Count < _ids.Count) _isAnswer.Add(isAnswer);
    }

    public void Special(string token, bool isAnswer = false) => Special(
        tokenizer.SpecialTokens.TryGetValue(token, out int id) ? id
            : throw new InvalidOperationException($"{template}: the tokenizer must have the special token {token}; use the template that the model was made with."), isAnswer);

    public void Bos() => Special(tokenizer.BosId ?? throw new InvalidOperationException($"{template}: the tokenizer must name a begin-of-text token."), isAnswer: false);

    public void Eos() => Special(tokenizer.EosId ?? throw new InvalidOperationException($"{template}: the tokenizer must name an end-of-text token."), isAnswer: true);

    private void Special(int id, bool isAnswer)
    {
        _ids.Add(id);
        _isAnswer.Add(isAnswer);
    }
}
