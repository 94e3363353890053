extension Words {
    /// One sentence a line: its key, English, Chinese.
    static let phrases = """
        site | The Library | 书库
        tagline | What has been published, newest first. | 已发布的文章，最新的在前。
        skip | Skip to the content | 跳到正文
        library | Library | 书库
        write | Write | 写作
        signIn | Sign in | 登录
        signOut | Sign out | 退出
        signedInAs | Signed in as {0} | 已登录：{0}
        navigation | Main | 主导航
        languages | Language | 语言
        feed | Atom feed | Atom 订阅
        older | Older | 更早
        newest | Newest | 最新
        pages | Pages | 分页
        byAuthor | Posts by {0} | {0} 的文章
        noPosts | Nothing has been published yet. | 还没有发布任何文章。
        noPostsHint | What authors publish appears here at once. | 作者发布的文章会立即出现在这里。
        revision | revision {0} | 第 {0} 版
        published | Published | 已发布
        updated | Updated | 更新于
        by | by | 作者
        editThis | Edit | 编辑
        notFound | There is nothing here | 这里什么也没有
        notFoundText | The page does not exist, or not any more. A post that was withdrawn is gone for readers. | 页面不存在，或已不存在。撤回的文章读者看不到。
        toLibrary | To the library | 回到书库
        toDesk | To my drafts | 回到我的草稿
        unavailable | Not now | 暂时不可用
        somethingWrong | Something went wrong | 出错了
        tooLarge | That is too much | 内容太大
        tooLargeText | The form is larger than a post may be. A post's text has at most 512 KiB. Go back, and shorten it. | 表单超出了文章允许的大小。正文最多 512 KiB。请返回并缩短。
        notAllowed | Not like that | 不能这样做
        notAllowedText | What is at this address cannot be asked for in this way. Nothing was changed. | 此地址不接受这种请求。没有任何改动。
        crossSite | This did not come from here | 请求并非来自本站
        crossSiteText | The form was sent from another site, or is older than your signing in. Nothing was changed. Open the page again, and try once more. | 表单来自其他网站，或早于本次登录。没有任何改动。请重新打开页面再试。
        wrongHost | Another address | 地址不对
        wrongHostText | This server is not known by the name that was asked for. | 本服务器没有这个名字。
        signInTitle | Sign in to write | 登录后写作
        signInName | Your name | 你的名字
        signInNameHint | Any name: this is a trial, nobody checks. | 任意名字：这是试用，不做核对。
        signInToken | Your token | 你的令牌
        signInTokenHint | Make one with: orchestrator token --role author --sub NAME | 用此命令生成：orchestrator token --role author --sub NAME
        signInTokenSummary | Or with a token | 或使用令牌
        signInBadToken | This token is forged, expired, or not an author's. | 令牌是伪造的、已过期，或不属于作者。
        signInUnchecked | Nobody can be signed in now: a service does not answer. Try again in a while. | 暂时无法登录：服务没有应答。请稍后再试。
        signInNotByName | The orchestrator lets nobody sign in by name: it needs --development-sign-in, too. Use a token. | 协调者不允许按名字登录：它也需要 --development-sign-in。请使用令牌。
        signInBadName | A name has 1 to 64 characters, all of which can be seen. | 名字须为 1 到 64 个可见字符。
        signInAgain | Your session has ended. Sign in again. | 会话已结束，请重新登录。
        signedInAlready | Signed in already? | 已经登录？
        signInContinue | Go on | 继续
        signInKeepsText | Your text is kept: once you have signed in, it is in the editor again. | 你的文本已保留：登录后会回到编辑器中。
        signedInAgain | You are signed in. Your text is here, and not yet saved. | 你已登录。你的文本在这里，尚未保存。
        formTooOld | This page was older than your signing in. Your text is here, and not yet saved: save it again. | 页面早于本次登录。你的文本在这里，尚未保存：请再次保存。
        textIsHere | Your text is here, and not yet saved. | 你的文本在这里，尚未保存。
        draftIsGone | Your text is here; saving makes a new draft of it. | 你的文本在这里；保存会用它新建一份草稿。
        desk | My drafts | 我的草稿
        newDraft | New draft | 新草稿
        search | Search | 搜索
        searchWords | Words in title or text | 标题或正文中的词
        state | State | 状态
        any | Any | 全部
        status-unpublished | Unpublished | 未发布
        status-published | Published | 已发布
        status-changed | Published, with unpublished changes | 已发布，有未发布的修改
        status-private | Private | 私有
        status-pending | In a transaction | 事务进行中
        statusHint-unpublished | Only you see this. | 只有你能看到。
        statusHint-published | Readers see what you see here. | 读者看到的就是这里的内容。
        statusHint-changed | Readers still see revision {0}. | 读者看到的仍是第 {0} 版。
        statusHint-private | Withdrawn: only you see this. | 已撤回：只有你能看到。
        statusHint-pending | A transaction holds this post right now. | 此刻有一个事务占用着这篇文章。
        noDrafts | No drafts yet | 还没有草稿
        noDraftsHint | Begin one; it stays yours until you publish it. | 写一篇吧；发布之前只属于你。
        noMatches | No draft matches | 没有匹配的草稿
        noMatchesHint | Fewer words, or another state? | 减少关键词，或换个状态？
        clearSearch | Show all | 显示全部
        edited | Edited | 编辑于
        untitled | (untitled) | （无标题）
        editing | Edit | 编辑
        title | Title | 标题
        content | Text, in Markdown | 正文（Markdown）
        preview | Preview | 预览
        previewEmpty | Nothing to show yet. | 还没有内容。
        save | Save | 保存
        publish | Publish | 发布
        publishAgain | Publish again | 再次发布
        publishChanges | Publish the changes | 发布修改
        withdraw | Withdraw | 撤回
        withdrawHint | Readers no longer see it. Your draft stays, and becomes private. | 读者将看不到它。草稿保留，变为私有。
        delete | Delete for good | 永久删除
        deleteTitle | Delete this draft | 删除此草稿
        deleteHint | Both libraries forget it, with all its revisions. Nobody can bring it back. | 两个库都会忘记它及其所有版本，无法恢复。
        more | More | 更多
        history | History | 历史
        asReader | Read it as readers do | 以读者身份查看
        saved | Saved as revision {0} | 已保存为第 {0} 版
        savedNothing | Nothing has changed | 没有变化
        saveStateSaved | Saved | 已保存
        saveStateSaving | Saving… | 正在保存…
        saveStateUnsaved | Not yet saved | 尚未保存
        saveStateFailed | Cannot save right now; trying again | 现在无法保存，正在重试
        saveStateConflict | Another window has saved this draft. Nothing of yours is lost. | 另一个窗口保存了此草稿。你的内容没有丢失。
        saveStateInvalid | A title has 1 to 200 characters, a text at most 512 KiB. | 标题须为 1 到 200 个字符，正文最多 512 KiB。
        saveStateSignedOut | You are signed out. Sign in in another tab, or press Save; nothing of yours is lost. | 你已退出。请在另一个标签页登录，或点击“保存”；你的内容没有丢失。
        saveStateIs | State of saving | 保存状态
        resolve | Compare the two | 比较两者
        conflict | Two windows, two texts | 两个窗口，两份文本
        conflictText | While you were writing, revision {0} was saved in another window. Yours is not saved yet. Take one of the two, or merge them by hand. | 你写作时，另一个窗口保存了第 {0} 版。你的内容还没有保存。选取其一，或手工合并。
        mine | Yours, not saved | 你的，未保存
        theirs | Saved, revision {0} | 已保存，第 {0} 版
        takeMine | Take mine | 用我的
        takeTheirs | Take the saved one | 用已保存的
        merge | Merge by hand | 手工合并
        mergeHint | Lines that differ stand one after the other, between markers. Leave what shall remain. | 不同的行依次列在标记之间。留下要保留的。
        mergeSave | Save the merged text | 保存合并后的文本
        mergeMine | mine | 我的
        mergeTheirs | saved | 已保存
        differences | The differences | 差异
        noDifferences | The two are the same. | 两者相同。
        added | added | 增加
        removed | removed | 删除
        unchangedLines | {0} unchanged lines | {0} 行未变
        linesNotShown | {0} more lines are not shown | 另有 {0} 行未显示
        historyTitle | History of “{0}” | “{0}”的历史
        historyHint | What you save, restore or publish is kept. Of what is saved by itself while you write, what was replaced within a minute is not, but for one in ten minutes. | 你保存、恢复或发布的版本都会保留。写作时自动保存的版本，一分钟内被取代的不保留，但每十分钟留一个。
        head | Latest | 最新
        live | Readers see this | 读者可见
        compare | Compare | 比较
        compareFrom | Old | 旧
        compareTo | New | 新
        compareTitle | Revision {0} and revision {1} | 第 {0} 版与第 {1} 版
        comparePick | Compare two revisions | 比较两个版本
        read | Read | 阅读
        restore | Restore as a new revision | 恢复为新版本
        restoreHint | Its text becomes the newest revision. What is there now stays in the history. | 其内容成为最新版本。当前内容保留在历史中。
        restored | Restored as revision {0} | 已恢复为第 {0} 版
        revisionTitle | Revision {0} of “{1}” | “{1}”的第 {0} 版
        bytes | {0} bytes | {0} 字节
        backToEditor | Back to the editor | 回到编辑
        backToHistory | Back to the history | 回到历史
        steps | What happened | 经过
        stepsNow | What is happening | 正在进行
        stepsWait | Asking both libraries… | 正在询问两个库…
        action-publish | Publishing | 发布
        action-withdraw | Withdrawing | 撤回
        action-delete | Deleting | 删除
        result-publish-confirmed | Published: both libraries have revision {0} | 已发布：两个库都有第 {0} 版
        result-withdraw-confirmed | Withdrawn: readers no longer see it | 已撤回：读者不再看到它
        result-delete-confirmed | Deleted: both libraries have forgotten it | 已删除：两个库都已忘记它
        result-publish-confirming | It will be published: that is decided, and nothing can undo it | 将会发布：已经决定，无法撤销
        result-withdraw-confirming | It will be withdrawn: that is decided, and nothing can undo it | 将会撤回：已经决定，无法撤销
        result-delete-confirming | It will be deleted: that is decided, and nothing can undo it | 将会删除：已经决定，无法撤销
        result-trying | Both libraries are asked; nothing is decided yet | 正在询问两个库，尚未决定
        result-cancelled | Nothing was changed | 没有任何改动
        confirmingHint | A library does not answer yet. It will be told until it has confirmed. This page follows along. | 有一个库尚未应答。系统会一直通知它，直到它确认。本页会自动跟进。
        step-begun | Begun, and written down | 已开始，并已记录
        step-tried-reserved | {0} has reserved | {0}已预留
        step-tried-refused | {0} has refused | {0}已拒绝
        step-tried-rejected | {0} does not accept the request | {0}不接受此请求
        step-tried | {0} did not answer in time | {0}未及时应答
        step-decided-confirm | Decided: carry it out | 已决定：执行
        step-decided-cancel | Decided: call it off | 已决定：取消
        step-acknowledged-confirm | {0} has confirmed | {0}已确认
        step-acknowledged-cancel | {0} has cancelled | {0}已取消
        step-stuck | {0} contradicts; an operator has to look | {0}自相矛盾，需要运维人员查看
        step-finished | Finished | 完成
        branch-draft | The draft library | 草稿库
        branch-online | The live library | 线上库
        branchState-trying | asked | 已询问
        branchState-reserved | reserved | 已预留
        branchState-refused | refused | 已拒绝
        branchState-confirmed | confirmed | 已确认
        branchState-cancelled | cancelled | 已取消
        milliseconds | {0} ms | {0} 毫秒
        transaction | Transaction | 事务
        why | Why | 原因
        notDone | Not done | 未完成
        tryAgain | Try again | 再试一次
        unknownResult | It is not known whether it was done | 尚不知道是否完成
        unknownResultText | No answer came. Send it again: it will be done once, however often you send it. | 没有收到应答。请再发送一次：无论发送多少次，只会执行一次。
        code-unknown | It was refused: {0}. | 被拒绝：{0}。
        code-publish-in-progress | Another transaction holds this post at the moment. Try again in a second. | 此刻有另一个事务占用这篇文章。请稍后再试。
        code-revision-conflict | The draft moved on while this was under way. Open it again, and publish what you see there. | 处理期间草稿已有新版本。请重新打开，再发布你看到的内容。
        code-not-published | Readers do not see this post, so there is nothing to withdraw. | 读者看不到这篇文章，没有什么可撤回的。
        code-not-found | There is no such post of yours. It may have been deleted. | 你没有这篇文章，可能已被删除。
        code-post-is-live | Readers see this post. Withdraw it first, then delete it. | 读者正看到这篇文章。请先撤回，再删除。
        code-stale-revision | The draft was saved elsewhere in the meantime. Open it again, and look at what is there. | 草稿期间在别处保存过。请重新打开查看。
        code-participant-unavailable | One of the two libraries does not answer. Nothing was changed; try again in a while. | 有一个库没有应答。没有任何改动，请稍后再试。
        code-participant-rejected | One of the two libraries does not accept this. Nothing was changed; an operator has to look. | 有一个库不接受此请求。没有任何改动，需要运维人员查看。
        code-deadline-passed | It took too long. Nothing was changed; try again. | 耗时过长。没有任何改动，请再试。
        code-too-many-requests | Too much is going on right now. Nothing was begun; try again in a second. | 当前请求过多。没有开始任何操作，请稍后再试。
        code-idempotency-key-reused | This form was used before for something else. Open the page again. | 此表单之前用于其他内容。请重新打开页面。
        code-invalid-field | Something in the form is not as it must be: a title has 1 to 200 characters, a text at most 512 KiB. | 表单内容不符合要求：标题须为 1 到 200 个字符，正文最多 512 KiB。
        code-body-too-large | The text is larger than a post may be: at most 512 KiB. | 正文超出允许的大小：最多 512 KiB。
        code-internal-error | Something went wrong here. Try again. | 内部出错。请再试。
        code-invalid-token | Your session has ended. Sign in again. | 会话已结束，请重新登录。
        code-token-required | Your session has ended. Sign in again. | 会话已结束，请重新登录。
        code-wrong-role | This needs an author's token. | 需要作者的令牌。
        code-forgotten | This is too long ago; nothing is remembered of it. | 时间太久，已无记录。
        code-coordinator-restarted | The coordinator was started again while this was under way, and has called it off. Nothing was changed; try again. | 处理期间协调者重启，已取消操作。没有任何改动，请再试。
        code-presumed-abort | It was called off before it began. Nothing was changed; try again. | 开始之前已被取消。没有任何改动，请再试。
        code-cancelled | It was called off. Nothing was changed; try again. | 已取消。没有任何改动，请再试。
        code-storage-full | The disk of a service is full. An operator has to make room. | 服务的磁盘已满，需要运维人员处理。
        code-overloaded | Too much is going on right now. Nothing was changed; try again in a second. | 当前请求过多。没有任何改动，请稍后再试。
        code-not-ready | A service is starting or stopping. Try again in a moment. | 服务正在启动或停止，请稍后再试。
        code-page-busy | Too many pages are asked for right now. Nothing was begun; try again in a second. | 当前请求的页面过多。没有开始任何操作，请稍后再试。
        code-page-too-slow | This page takes too long to make. Try again in a while. | 生成此页面耗时过长。请稍后再试。
        code-page-too-large | This page is too large to be shown. | 此页面过大，无法显示。
        changeTooSlow | It took too long, and nobody knows yet what became of it. Send it again: it will be done once, however often you send it. | 耗时过长，尚不知道结果。请再发送一次：无论发送多少次，只会执行一次。
        code-no-answer | A service does not answer. Try again in a while. | 服务没有应答。请稍后再试。
        """
}
